{{- define "headstart.chartName" -}}
{{- .Values.nameOverride | default .Chart.Name -}}
{{- end }}

{{/* The name of everything: the release's, with the chart's where it is not in it. A release may have
     dots in its name, a Service may not. */}}
{{- define "headstart.name" -}}
{{- $chart := include "headstart.chartName" . -}}
{{- $name := .Values.fullnameOverride | default .Release.Name -}}
{{- if not (or .Values.fullnameOverride (contains $chart $name)) -}}
{{- $name = printf "%s-%s" $name $chart -}}
{{- end -}}
{{- $name | replace "." "-" | trunc 50 | regexFind ".*[^-]" -}}
{{- end }}

{{/* A duration of the values, as it stands there. Fails where the binary would: below `.least` seconds or
     above a week. The schema has checked its form. */}}
{{- define "headstart.duration" -}}
{{- $units := dict "ns" 1 "us" 1e3 "µs" 1e3 "μs" 1e3 "ms" 1e6 "s" 1e9 "m" 60e9 "h" 3600e9 "d" 86400e9 "w" 604800e9 -}}
{{- $nanoseconds := 0.0 -}}
{{- /* A number alone is seconds. */ -}}
{{- range regexFindAll "[0-9.]+[^0-9.]+" (regexReplaceAll "^([0-9]+)$" .text "${1}s") -1 -}}
{{- $number := regexFind "^[0-9.]+" . -}}
{{- $nanoseconds = addf $nanoseconds (floor (mulf $number (get $units (trimPrefix $number .)))) -}}
{{- end -}}
{{- if hasPrefix "-" .text -}}
{{- $nanoseconds = mulf $nanoseconds -1 -}}
{{- end -}}
{{- if or (lt $nanoseconds (mulf .least 1e9)) (gt $nanoseconds 604800e9) -}}
{{- fail (printf "at '/%s': %q is not between %ds and 1w" .path .text .least) -}}
{{- end -}}
{{- .text -}}
{{- end }}

{{/* What selects the pods of this release. */}}
{{- define "headstart.selector" -}}
app.kubernetes.io/name: {{ include "headstart.chartName" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "headstart.labels" -}}
{{ include "headstart.selector" . }}
app.kubernetes.io/part-of: headstart
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* "true" where the API server is asked for anything. */}}
{{- define "headstart.watches" -}}
{{- if ne .Values.mode "keda" -}}true{{- end -}}
{{- end }}

{{/* "true" where each replica has a claim of its own, for which it is a StatefulSet's. */}}
{{- define "headstart.hasClaim" -}}
{{- if .Values.state.claim.size -}}true{{- end -}}
{{- end }}

{{- define "headstart.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "headstart.name" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end }}

{{/* The Secret with the certificate of the gRPC port; empty for none. */}}
{{- define "headstart.tlsSecret" -}}
{{- if .Values.certManager.enabled -}}
{{- include "headstart.name" . }}-tls
{{- else -}}
{{- .Values.tlsSecret | default "" -}}
{{- end -}}
{{- end }}

{{- define "headstart.image" -}}
{{- $tag := .Values.image.tag | default .Chart.AppVersion -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository $tag -}}
{{- end -}}
{{- end }}

{{/* What Headstart may do where custom resources are. */}}
{{- define "headstart.rules" -}}
- apiGroups: [headstart.dev]
  resources: [scalingpolicies, datasources, calendars]
  verbs: [list, watch]
- apiGroups: [easyscale.io]
  resources: [scalingrules]
  verbs: [list, watch]
- apiGroups: [elasti.truefoundry.com]
  resources: [elastiservices]
  verbs: [list, watch]
- apiGroups: [headstart.dev]
  resources: [scalingpolicies/status, datasources/status, calendars/status]
  verbs: [patch]
- apiGroups: [easyscale.io]
  resources: [scalingrules/status]
  verbs: [patch]
- apiGroups: [elasti.truefoundry.com]
  resources: [elastiservices/status]
  verbs: [patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- $isDirect := eq .Values.mode "direct" }}
{{- range .Values.targets }}
- apiGroups: [{{ .group }}]
  resources: [{{ .resource }}/scale]
  verbs: [get{{ if $isDirect }}, patch{{ end }}]
{{- if and $isDirect (not $.Values.direct.dryRun) }}
# Who else sets a target back.
- apiGroups: [{{ .group }}]
  resources: [{{ .resource }}]
  verbs: [get]
{{- end }}
{{- end }}
{{- if $isDirect }}
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [list]
- apiGroups: [keda.sh]
  resources: [scaledobjects]
  verbs: [list{{ if .Values.direct.pauseScaledObjects }}, patch{{ end }}]
{{- if .Values.elasti.resolver }}
- apiGroups: [""]
  resources: [services]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [elasti.truefoundry.com]
  resources: [elastiservices]
  verbs: [patch]
{{- end }}
{{- end }}
{{- end }}

{{- define "headstart.subject" -}}
- {kind: ServiceAccount, name: {{ include "headstart.serviceAccount" . }}, namespace: {{ .Release.Namespace }}}
{{- end }}

{{/* The name of the volume of a Secret: those of Secrets may have dots and be longer. */}}
{{- define "headstart.volume" -}}
secret-{{ sha256sum . | trunc 10 }}
{{- end }}

{{/* Fails where Kubernetes refuses a pod: two volumes of a name, two mounts at a place, a mount of no volume. */}}
{{- define "headstart.checkVolumes" -}}
{{- $names := list "state" "policies" "tls" -}}
{{- range .Values.extraVolumes -}}
{{- if has .name $names -}}
{{- fail (printf "at '/extraVolumes': the name %q is taken" .name) -}}
{{- end -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- $paths := list "/var/lib/headstart" "/etc/headstart/policies" "/etc/headstart/tls" -}}
{{- range $secret, $path := .Values.secrets -}}
{{- if has (clean $path) $paths -}}
{{- fail (printf "at '/secrets/%s': something else is mounted at %q" $secret $path) -}}
{{- end -}}
{{- $paths = append $paths (clean $path) -}}
{{- end -}}
{{- range .Values.extraVolumeMounts -}}
{{- if not (has .name $names) -}}
{{- fail (printf "at '/extraVolumeMounts': no volume is called %q; expected one of extraVolumes" .name) -}}
{{- end -}}
{{- if has (clean .mountPath) $paths -}}
{{- fail (printf "at '/extraVolumeMounts': something else is mounted at %q" .mountPath) -}}
{{- end -}}
{{- $paths = append $paths (clean .mountPath) -}}
{{- end -}}
{{- end }}

{{- define "headstart.volumes" -}}
{{- include "headstart.checkVolumes" . -}}
{{- if not (include "headstart.hasClaim" .) }}
# What was asked last. It outlives a restart of the container; another pod asks its peers.
- name: state
  emptyDir: {sizeLimit: {{ .Values.state.sizeLimit | quote }}}
{{- end }}
{{- if .Values.policies }}
- name: policies
  configMap: {name: {{ include "headstart.name" . }}-policies}
{{- end }}
{{- with include "headstart.tlsSecret" . }}
- name: tls
  secret: {secretName: {{ . }}}
{{- end }}
{{- range $secret, $path := .Values.secrets }}
- name: {{ include "headstart.volume" $secret }}
  secret: {secretName: {{ $secret }}}
{{- end }}
{{- with .Values.extraVolumes }}
{{- toYaml . | nindent 0 }}
{{- end }}
{{- end }}

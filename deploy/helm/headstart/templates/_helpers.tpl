{{/* The name of everything: the release's, with the chart's where it is not in it. */}}
{{- define "headstart.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* What selects the pods of this release. */}}
{{- define "headstart.selector" -}}
app.kubernetes.io/name: headstart
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
{{- .Values.tlsSecret -}}
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
{{- if $isDirect }}
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

{{- define "headstart.volumes" -}}
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

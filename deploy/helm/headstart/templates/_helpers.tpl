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
{{- end }}

{{/* "true" where the API server is asked for anything. */}}
{{- define "headstart.watches" -}}
{{- if ne .Values.mode "keda" -}}true{{- end -}}
{{- end }}

{{/* What Headstart may do where custom resources are. */}}
{{- define "headstart.rules" -}}
- apiGroups: [headstart.dev]
  resources: [scalingpolicies, datasources]
  verbs: [list, watch]
- apiGroups: [easyscale.io]
  resources: [scalingrules]
  verbs: [list, watch]
- apiGroups: [elasti.truefoundry.com]
  resources: [elastiservices]
  verbs: [list, watch]
- apiGroups: [headstart.dev]
  resources: [scalingpolicies/status, datasources/status]
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
{{- if eq .Values.mode "direct" }}
{{- range .Values.direct.targets }}
- apiGroups: [{{ .group }}]
  resources: [{{ .resource }}/scale]
  verbs: [get, patch]
{{- end }}
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [list]
- apiGroups: [keda.sh]
  resources: [scaledobjects]
  verbs: [list{{ if .Values.direct.pauseScaledObjects }}, patch{{ end }}]
{{- end }}
{{- end }}

{{- define "headstart.subject" -}}
- {kind: ServiceAccount, name: {{ include "headstart.name" . }}, namespace: {{ .Release.Namespace }}}
{{- end }}

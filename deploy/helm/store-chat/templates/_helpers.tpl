{{- define "store-chat.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "store-chat.selector" -}}
app.kubernetes.io/name: store-chat
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "store-chat.labels" -}}
{{ include "store-chat.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "foldsight.labels" -}}
app.kubernetes.io/name: foldsight
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "foldsight.pod" -}}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .Values.podSecurity.user }}
  runAsGroup: {{ .Values.podSecurity.user }}
  fsGroup: {{ .Values.podSecurity.user }}
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "foldsight.container" -}}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

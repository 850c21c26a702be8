/** What kubectl needs to reach the API, as the text of a kubeconfig. */
export function kubeconfig(options: {
  readonly server: string;
  readonly caPem: string;
  readonly token: string;
  /** The name of cluster, user and context. */
  readonly name?: string;
}): string {
  const { server, caPem, token, name = "weft" } = options;
  return `apiVersion: v1
kind: Config
clusters:
  - name: ${name}
    cluster:
      server: ${server}
      certificate-authority-data: ${Buffer.from(caPem).toString("base64")}
users:
  - name: ${name}
    user:
      token: ${token}
contexts:
  - name: ${name}
    context:
      cluster: ${name}
      user: ${name}
current-context: ${name}
`;
}

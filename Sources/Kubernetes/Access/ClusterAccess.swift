package import HTTPClient
internal import Scaling
package import Telemetry

/// How the API server of a cluster is reached, and as whom.
package struct ClusterAccess: Sendable {
  /// `https://HOST:PORT`, with a path where a proxy needs one, and no slash at its end.
  package var server: String
  package var tls: HTTPRequest.TLSFiles
  package var credentials: Credentials
  /// Where Headstart's own objects live, such as its Lease.
  package var namespace: String
  /// For the log: `the service account` or `context kind-kind of /root/.kube/config`.
  package var origin: String

  package enum Credentials: Sendable {
    /// A client certificate, or nothing.
    case none
    case token(Redacted)
    /// Read again when it changes, because the cluster exchanges it.
    case tokenFile(String)
    case basic(HTTPRequest.BasicAuth)
  }

  /// Why there is no way to the cluster: one sentence.
  package struct Failure: Error, Hashable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) {
      self.description = description
    }
  }

  package init(
    server: String, tls: HTTPRequest.TLSFiles = HTTPRequest.TLSFiles(),
    credentials: Credentials = .none, namespace: String = "default", origin: String = "a test"
  ) {
    self.server = server
    self.tls = tls
    self.credentials = credentials
    self.namespace = namespace
    self.origin = origin
  }

  /// Where Kubernetes mounts the service account of a pod.
  package static let serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount"

  /// Finds the cluster: the kubeconfig that the flag names, those of KUBECONFIG, the service
  /// account of the pod, `~/.kube/config`; the first that is there.
  ///
  /// - Parameter kubeconfig: The flag's value; nil where it is not given.
  package static func find(
    kubeconfig: String?, environment: [String: String],
    serviceAccountDirectory: String = ClusterAccess.serviceAccountDirectory
  ) throws(Failure) -> ClusterAccess {
    if let kubeconfig { return try Kubeconfig(files: [kubeconfig]).access() }
    let listed = (environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
    if !listed.isEmpty { return try Kubeconfig(existing: listed).access() }
    if environment["KUBERNETES_SERVICE_HOST"]?.isEmpty == false {
      return try inCluster(environment: environment, directory: serviceAccountDirectory)
    }
    if let home = environment["HOME"], !home.isEmpty,
      let config = try? Kubeconfig(files: ["\(home)/.kube/config"])
    {
      return try config.access()
    }
    throw Failure(
      "there is no way to a cluster: KUBERNETES_SERVICE_HOST is not set, as it is in a pod, and"
        + " neither --kubeconfig nor KUBECONFIG names a kubeconfig")
  }

  /// The access of a pod (Kubernetes: "Accessing the API from within a Pod").
  static func inCluster(
    environment: [String: String], directory: String
  ) throws(Failure) -> ClusterAccess {
    guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
      let port = environment["KUBERNETES_SERVICE_PORT"], let number = UInt16(port), number > 0
    else {
      throw Failure(
        "KUBERNETES_SERVICE_HOST is set, but KUBERNETES_SERVICE_PORT is not a port")
    }
    let server = "https://\(host.contains(":") ? "[\(host)]" : host):\(number)"
    guard HTTPURL(server) != nil else {
      throw Failure(
        "KUBERNETES_SERVICE_HOST is \"\(Excerpt.text(of: host, length: 100))\", which is no host")
    }
    let token = "\(directory)/token"
    let authority = "\(directory)/ca.crt"
    for file in [token, authority] {
      guard FileText.isReadable(file) else {
        throw Failure(
          "\(file) cannot be read: does the pod have automountServiceAccountToken: false?")
      }
    }
    let namespace = FileText.read("\(directory)/namespace").map(\.trimmed)
    return ClusterAccess(
      server: server, tls: HTTPRequest.TLSFiles(caFile: authority),
      credentials: .tokenFile(token),
      namespace: namespace.flatMap { $0.isEmpty ? nil : $0 } ?? "default",
      origin: "the service account")
  }
}

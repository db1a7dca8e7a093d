internal import TLS

/// How the objects are named by which requests for one Service reach KubeElasti's resolver. The
/// resolver computes the first name by itself, from the Service that a request names.
struct ResolverNames: Hashable {
  /// The public Service.
  let service: String
  /// The Service through which the resolver reaches the pods.
  let privateService: String
  /// The EndpointSlice by which the public Service leads to the resolver.
  let slice: String

  /// What all of these names begin with.
  static let prefix = "elasti-"
  /// In hexadecimal digits of SHA-256.
  private static let digits = 10

  init(service: String) {
    self.service = service
    let hash = Digest.hexadecimal(Digest.sha256(Array(service.utf8))).prefix(Self.digits)
    privateService = "\(Self.prefix)\(service)-pvt-\(hash)"
    slice = "\(Self.prefix)\(service)-endpointslice-to-resolver-\(hash)"
  }
}

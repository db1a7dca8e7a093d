internal import Scaling

/// What an address at AWS says of the service and the region that requests are signed for:
/// `monitoring.eu-west-1.amazonaws.com`.
struct AWSAddress {
  private let service: String
  private let region: String

  /// Hosts whose first word is not what is signed.
  private static let signedAs = ["aps-workspaces": "aps"]

  /// Nil for the address of anything else.
  init?(_ address: String) {
    guard let scheme = address.utf8.firstRange(of: "://".utf8) else { return nil }
    let host = address[scheme.upperBound...].prefix { !":/?#".contains($0) }.lowercased()
    let labels = host.split(separator: ".").map(String.init)
    guard let domain = labels.firstIndex(of: "amazonaws"), (2...3).contains(domain),
      ["com", "com.cn"].contains(labels[(domain + 1)...].joined(separator: "."))
    else { return nil }
    region = labels[domain - 1]
    // `eu-west-1`; older addresses have it in another place.
    guard region.contains("-"), region.last?.isNumber == true else { return nil }
    var word = labels[domain - 2]
    if word.hasSuffix("-fips") { word.removeLast(5) }
    service = Self.signedAs[word] ?? word
  }

  /// Warns where requests are signed for something else: the server refuses them then.
  func compare(with aws: SourceAuthorization.AWS, at value: ManifestValue) {
    if aws.service != service {
      value.warning(
        "the address is that of \(service), and requests are signed for \(aws.service); write"
          + " service: \(service)")
    }
    if let given = aws.region, given != region {
      value.warning(
        "the address is in \(region), and requests are signed for \(given); write region: \(region)"
      )
    }
  }
}

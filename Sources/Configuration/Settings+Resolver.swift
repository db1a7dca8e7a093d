internal import EventLoop
internal import Scaling

/// Where KubeElasti's resolver is.
extension Settings {
  /// The flag, or the variables that KubeElasti's operator has, as the flag would say them; nil
  /// without any of them. The proxy port is the one that takes requests: ELASTI_RESOLVER_PORT is that
  /// of the resolver's own metrics.
  func resolver() throws(UsageError) -> Setting? {
    if let setting = self[.elastiResolver] { return setting }
    let names = ElastiVariable.resolver.map(\.rawValue)
    let values = names.map { environment[$0] ?? "" }
    guard let first = values.firstIndex(where: { !$0.isEmpty }) else { return nil }
    if let missing = values.firstIndex(of: "") {
      throw UsageError(
        "environment variable \(names[first]) is given, but not \(names[missing]): KubeElasti's "
          + "resolver is named by \(names.joined(separator: ", ")) together, or by "
          + "--elasti-resolver=NAMESPACE/SERVICE:PORT")
    }
    return Setting(
      name: "environment variable \(names[0]), with the others of its kind,",
      value: "\(values[0])/\(values[1]):\(values[2])", expected: "NAMESPACE/SERVICE:PORT")
  }
}

extension Setting {
  /// `NAMESPACE/SERVICE:PORT`, as in `elasti/elasti-resolver-service:8012`.
  func resolver() throws(UsageError) -> ElastiResolver {
    let words = value.split(separator: "/", omittingEmptySubsequences: false)
    guard words.count == 2, let address = ListenAddress(String(words[1])),
      let service = address.host, address.port > 0,
      let namespace = try? part(String(words[0])), let name = try? part(service)
    else {
      throw UsageError(
        "\(name) is \"\(value)\", but has to be NAMESPACE/SERVICE:PORT with the resolver's proxy "
          + "port, such as elasti/elasti-resolver-service:8012")
    }
    return ElastiResolver(namespace: namespace, service: name, port: Int(address.port))
  }

  private func part(_ text: String) throws(UsageError) -> String {
    try Setting(name: name, value: text, expected: expected).name(dots: false)
  }
}

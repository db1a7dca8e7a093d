internal import Scaling
internal import Time

/// `DataSource` of `headstart.dev/v1alpha1`: a forecaster, a Prometheus server or another endpoint.
enum DataSourceKind: ManifestKind {
  static let apiVersion = "headstart.dev/v1alpha1"
  static let kind = "DataSource"

  static func decode(
    spec: ManifestFields, metadata: ObjectMetadata, decoder: ManifestDecoder
  ) -> ManifestObject? {
    let types = DataSource.Kind.allCases.map { (word: $0.rawValue, meaning: $0) }
    let kind = spec.required("type", example: "prometheus")?.choice(types)
    let directory = spec.optional("directory")
    let addressField =
      directory == nil
      ? spec.required("address", example: "http://prometheus:9090") : spec.optional("address")
    let address = addressField?.serverAddress()
    if let addressField, let address, kind == .prometheus { warnOfPath(address, of: addressField) }
    if let directory, address != nil {
      directory.error(
        "address is given too; a data source has exactly one of address and directory")
    }
    if let directory, let kind, kind != .forecaster {
      directory.error("only a forecaster can be a directory of files; write type: forecaster")
    }
    let (timeout, refresh) = times(spec)
    var source = DataSource(
      name: metadata.name, kind: kind ?? .prometheus, address: address ?? "", timeout: timeout,
      refresh: refresh)
    ServerFields.decode(spec, into: &source, address: address)
    let parameters = spec.optional("parameters")
    source.parameters =
      parameters?.queryParameters(kind == .http ? .http : .prometheus) ?? [:]
    if let parameters, kind == .forecaster { parameters.warning("has no effect on a forecaster") }
    spec.refuse("queryParameters", "unknown field; write parameters")
    let partial = spec.optional("partialAnswers")
    source.acceptsPartialAnswers =
      partial?.choice([("raiseOnly", false), ("accept", true)]) ?? false
    if let partial, let kind, kind != .prometheus {
      partial.warning("has no effect on \(kind == .http ? "type http" : "a forecaster")")
    }
    source.directory = directory?.directory()
    if directory != nil { ServerFields.warnOfNoEffect(spec, on: "a directory of files") }
    spec.reportUnknown()
    return ManifestObject(
      content: .dataSource(source), position: metadata.position, references: [])
  }

  /// People copy what their browser or a query shows.
  private static func warnOfPath(_ address: String, of field: ManifestValue) {
    for path in ["/graph", "/api/v1/query", "/api/v1/query_range"] where address.hasSuffix(path) {
      field.warning(
        "\(path) does not belong to the address, to which /api/v1/query is added; write"
          + " \(address.dropLast(path.utf8.count))")
    }
  }

  private static func times(_ spec: ManifestFields) -> (timeout: Duration, refresh: Duration) {
    let refresh =
      spec.optional("refresh")?.duration(in: ManifestLimits.refresh) ?? DataSource.Defaults.refresh
    let field = spec.optional("timeout")
    // A shorter refresh brings the default down with it: requests should not overtake each other.
    let standard = min(DataSource.Defaults.timeout, refresh)
    let timeout = field?.duration(in: ManifestLimits.timeout) ?? standard
    if let field, timeout > refresh {
      field.warnOfLength(timeout, refresh: refresh)
    }
    return (timeout, refresh)
  }
}

extension ManifestValue {
  /// An absolute path, without a slash at its end.
  fileprivate func directory() -> String? {
    let expected = "the absolute path of a directory, such as /etc/forecasts"
    guard let text = text(expected: expected) else { return nil }
    guard text.hasPrefix("/") else {
      error(expected: expected)
      return nil
    }
    var path = Substring(text)
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return String(path)
  }
}

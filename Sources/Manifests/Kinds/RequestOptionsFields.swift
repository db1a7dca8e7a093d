internal import Scaling
internal import Time

/// The fields with which one signal asks in its own way what its data source asks for all.
enum RequestOptionsFields {
  /// - Parameters:
  ///   - parameters: which are allowed; nil where a signal has none of its own.
  ///   - hasRefresh: false for what is fetched whenever there is more of it.
  /// - Returns: nil where nothing is given.
  static func decode(
    _ fields: ManifestFields, parameters: QueryParameters?, hasRefresh: Bool = true
  ) -> RequestOptions? {
    var options = RequestOptions()
    options.headers = fields.optional("headers")?.headers(of: .signal) ?? [:]
    if let parameters {
      options.parameters = fields.optional("parameters")?.queryParameters(parameters) ?? [:]
    }
    let timeout = fields.optional("timeout")
    options.timeout = timeout?.duration(in: ManifestLimits.timeout)
    if hasRefresh {
      options.refresh = fields.optional("refresh")?.duration(in: ManifestLimits.refresh)
    }
    if let timeout, let limit = options.timeout, let refresh = options.refresh, limit > refresh {
      timeout.warnOfLength(limit, refresh: refresh)
    }
    return options.isEmpty ? nil : options
  }
}

extension ManifestValue {
  /// A timeout that is longer than the refresh.
  func warnOfLength(_ timeout: Duration, refresh: Duration) {
    warning(
      "\(timeout.text) is longer than the refresh of \(refresh.text), "
        + "so that a slow server delays the next request")
  }
}

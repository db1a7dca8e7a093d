/// What the requests of one signal have of their own, beside what their data source gives to all.
package struct RequestOptions: Hashable, Sendable {
  /// A header that the data source sends as well stays as it is there: whose data may be read is for
  /// its operator to say.
  package var headers: [String: String]
  /// Query parameters. Of two with one name, the signal's is sent.
  package var parameters: [String: String]
  /// The limit of one request, connecting included; nil for the data source's.
  package var timeout: Duration?
  /// How often it is fetched; nil for the data source's.
  package var refresh: Duration?

  package init(
    headers: [String: String] = [:], parameters: [String: String] = [:], timeout: Duration? = nil,
    refresh: Duration? = nil
  ) {
    self.headers = headers
    self.parameters = parameters
    self.timeout = timeout
    self.refresh = refresh
  }

  package var isEmpty: Bool { self == RequestOptions() }

  /// What an answer depends on, as a part of a signal's definition.
  var definition: String {
    let sent = parameters.map { "|\($0.key)=\($0.value)" }.sorted()
    return (sent + headers.map { "|\($0.key): \($0.value)" }.sorted()).joined()
  }
}

extension DataSource {
  /// As one signal asks it.
  package func asked(with options: RequestOptions?) -> DataSource {
    guard let options else { return self }
    var source = self
    let own = Set((Array(headers.keys) + headerFiles.keys).map { $0.lowercased() })
    for (name, value) in options.headers where !own.contains(name.lowercased()) {
      source.headers[name] = value
    }
    source.parameters.merge(options.parameters) { $1 }
    source.refresh = options.refresh ?? refresh
    source.timeout = options.timeout ?? min(timeout, source.refresh)
    return source
  }
}

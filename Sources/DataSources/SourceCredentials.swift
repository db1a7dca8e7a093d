internal import HTTPClient
internal import Scaling
internal import Telemetry

/// The files with the credentials of one data source.
struct SourceCredentials {
  private var token: SecretFile?
  private var password: SecretFile?
  private var headers: [String: SecretFile]

  init(_ dataSource: DataSource) {
    token = dataSource.bearerTokenFile.map(SecretFile.init)
    password = dataSource.basicAuth.map { SecretFile(path: $0.passwordFile) }
    headers = dataSource.headerFiles.mapValues { SecretFile(path: $0) }
  }

  /// The data source with what the files hold now.
  ///
  /// - Throws: when a file cannot be used; nothing is sent without the credentials that the
  ///   operator asked for.
  mutating func endpoint(of dataSource: DataSource) throws(FetchFailure) -> SourceEndpoint {
    do throws(SecretFile.Unusable) {
      var dataSource = dataSource
      for name in headers.keys.sorted() {
        dataSource.headers[name] = try headers[name]?.read().secret
      }
      return SourceEndpoint(
        dataSource, token: try token?.read(), password: try password?.read())
    } catch {
      throw FetchFailure(.credentials, concernsSource: true, error.description)
    }
  }
}

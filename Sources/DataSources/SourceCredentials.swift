internal import HTTPClient
internal import Scaling

/// The files with the credentials of one data source.
struct SourceCredentials {
  private var token: SecretFile?
  private var password: SecretFile?

  init(_ dataSource: DataSource) {
    token = dataSource.bearerTokenFile.map(SecretFile.init)
    password = dataSource.basicAuth.map { SecretFile(path: $0.passwordFile) }
  }

  /// The data source with what the files hold now.
  ///
  /// - Throws: when a file cannot be used; nothing is sent without the credentials that the
  ///   operator asked for.
  mutating func endpoint(of dataSource: DataSource) throws(FetchFailure) -> SourceEndpoint {
    do throws(SecretFile.Unusable) {
      return SourceEndpoint(
        dataSource, token: try token?.read(), password: try password?.read())
    } catch {
      throw FetchFailure(.credentials, concernsSource: true, error.description)
    }
  }
}

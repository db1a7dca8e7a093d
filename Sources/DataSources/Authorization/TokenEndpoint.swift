internal import HTTPClient
internal import Scaling
internal import Telemetry

/// Where tokens are asked for: by a form, through the proxy of the data source.
struct TokenEndpoint {
  private let url: String
  private let proxy: String?
  private let timeout: Duration
  private let caFile: String?
  /// For people.
  let shown: String

  /// In bytes; a token with all groups of a person has 16 KiB.
  static let maximumResponseSize = 256 * 1024

  init(_ url: String, of dataSource: DataSource, caFile: String? = nil) {
    self.url = url
    proxy = dataSource.proxy
    timeout = dataSource.timeout
    self.caFile = caFile
    shown = HTTPURL(url)?.shown ?? "the token endpoint"
  }

  func request(_ form: [(name: String, value: String)]) -> HTTPRequest {
    let fields = form.map {
      "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))"
    }
    return HTTPRequest(
      method: .post, url: url,
      headers: [
        HTTPField("Accept", "application/json"),
        HTTPField("Content-Type", "application/x-www-form-urlencoded"),
      ], body: Array(fields.joined(separator: "&").utf8), timeout: timeout,
      tls: HTTPRequest.TLSFiles(caFile: caFile), redirects: .returned,
      maximumResponseSize: Self.maximumResponseSize, proxy: proxy)
  }
}

/// Reads files with credentials.
enum CredentialFile {
  /// One line.
  static func read(_ file: inout SecretFile) throws(FetchFailure) -> Redacted {
    do throws(SecretFile.Unusable) {
      return try file.read()
    } catch {
      throw FetchFailure(.credentials, concernsSource: true, error.description)
    }
  }

  /// Of any form.
  static func content(_ path: String) throws(FetchFailure) -> [UInt8] {
    do throws(SmallFile.Unreadable) {
      return try SmallFile.read(path, limit: 64 * 1024)
    } catch {
      throw FetchFailure(
        .credentials, concernsSource: true, "could not use the file \(path): \(error)")
    }
  }
}

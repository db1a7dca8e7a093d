internal import CPage

/// One file of the page at `/`, embedded in the binary from Web/.
struct PageFile: Sendable {
  private let index: Int

  static let all = (0..<headstart_page_file_count()).map(PageFile.init(index:))

  /// Where all files lie but the page itself.
  static let folder = "/page/"

  /// Everything comes from here, and nothing is inline: a name that holds markup stays a name.
  private static let policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  private var file: headstart_page_file { headstart_page_file_at(index) }

  var path: String { String(cString: file.path) }
  var contentType: String { String(cString: file.type) + "; charset=utf-8" }
  var body: [UInt8] { Array(UnsafeBufferPointer(start: file.bytes, count: file.size)) }

  var route: Router.Route {
    .get(path) { _, _ in response }
  }

  private var response: SidePortResponse {
    var response = SidePortResponse(status: 200, contentType: contentType, body: body)
    response.headers += [
      ("Content-Security-Policy", Self.policy),
      ("Referrer-Policy", "no-referrer"),
      ("X-Frame-Options", "DENY"),
    ]
    return response
  }
}

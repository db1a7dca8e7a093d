/// One file of the page at `/`, embedded in the binary.
struct PageFile: Sendable {
  let path: String
  let contentType: String
  let text: StaticString

  /// Where all files lie but the page itself.
  static let folder = "/page/"

  /// Everything comes from here, and nothing is inline: a name that holds markup stays a name.
  private static let policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  var route: Router.Route {
    .get(path) { _, _ in response }
  }

  private var response: AdminResponse {
    let body = text.withUTF8Buffer { Array($0) }
    var response = AdminResponse(status: 200, contentType: contentType, body: body)
    response.headers += [
      ("Content-Security-Policy", Self.policy),
      ("Referrer-Policy", "no-referrer"),
      ("X-Frame-Options", "DENY"),
    ]
    return response
  }
}

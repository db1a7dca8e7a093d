internal import CCurl
internal import Scaling
internal import Telemetry
internal import Time

/// The owner of one libcurl easy handle: one request on its way, and what has come back so far.
///
/// Confined to its loop. libcurl keeps pointers to it, so it must be removed from the multi handle
/// before its last reference goes.
final class CurlTransfer {
  let request: HTTPRequest
  let easy: UnsafeMutableRawPointer
  /// Where this leg of the request goes; a redirect changes it.
  private(set) var url: HTTPURL
  private(set) var redirectsFollowed = 0
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private var connectList: UnsafeMutablePointer<curl_slist>?
  private let errorText: UnsafeMutablePointer<CChar>
  /// What the legs before this one took.
  private var elapsed = Duration.zero
  private var headers = HTTPHeaders()
  private var body: [UInt8] = []
  /// Set by a callback that made libcurl give up.
  private var exceededLimit: Limit?
  private let isStream: Bool
  /// Set where a connection was refused to an address that is closed to this request.
  private var metMetadata = false
  /// Of a stream, called within libcurl whenever something has come: it may take notes, no more.
  var onArrival: () -> Void = {}
  /// Bytes of the body that have been handed on.
  private var delivered = 0

  enum Limit {
    case headers, body
  }

  /// In bytes; far more than any server sends.
  static let maximumHeaderSize = 256 * 1024

  /// - Parameter isStream: The body is taken as it comes, and nothing limits the whole.
  /// - Throws: `.invalidRequest` when libcurl or the rules of HTTP refuse it.
  init(
    _ request: HTTPRequest, userAgent: String, isStream: Bool = false
  ) throws(HTTPFailure) {
    guard let url = HTTPURL(request.url) else {
      throw HTTPFailure(
        kind: .invalidRequest, message: "the address is not a URL with http:// or https://")
    }
    if let problem = request.headers.lazy.compactMap(\.problem).first {
      throw HTTPFailure(kind: .invalidRequest, message: "cannot ask \(url.shown): \(problem)")
    }
    guard let easy = curl_easy_init() else {
      throw HTTPFailure(kind: .invalidRequest, message: "libcurl has no memory for a request")
    }
    self.request = request
    self.url = url
    self.easy = easy
    self.isStream = isStream
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    configure(userAgent: userAgent)
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headerList)
    curl_slist_free_all(connectList)
    errorText.deallocate()
  }

  // MARK: The end

  /// Where the answer sends us, when it is a redirect that says so.
  var redirectTarget: String? {
    guard [301, 302, 303, 307, 308].contains(ccurl_get_long(easy, CURLINFO_RESPONSE_CODE)) else {
      return nil
    }
    return ccurl_get_text(easy, CURLINFO_REDIRECT_URL).map { String(cString: $0) }
  }

  /// Prepares the next leg. Method and body stay, except after 303, which asks for a GET
  /// (RFC 9110 section 15.4); what is left of the timeout stays too.
  func follow(to target: HTTPURL) {
    if ccurl_get_long(easy, CURLINFO_RESPONSE_CODE) == 303 {
      ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, nil)
      ccurl_set_long(easy, CURLOPT_HTTPGET, 1)
    }
    elapsed = duration
    redirectsFollowed += 1
    url = target
    headers.removeAll()
    body.removeAll()
    ccurl_set_text(easy, CURLOPT_URL, target.text)
    ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, Self.milliseconds(request.timeout - elapsed))
  }

  // MARK: Streams

  /// Whether what has come of the body is handed on piece by piece: of an answer with a status of
  /// success. Others are kept whole, because they say what is wrong.
  var deliversPieces: Bool { isStream && (200...299).contains(status) }

  /// 0 before the answer begins.
  var status: Int { ccurl_get_long(easy, CURLINFO_RESPONSE_CODE) }

  /// Whether all headers have come, after those of 1xx.
  private(set) var hasHead = false

  /// Gives away what has come of the body since the last time.
  func takePiece() -> [UInt8] {
    let piece = body
    delivered += piece.count
    body = []
    return piece
  }

  /// The error of a stream whose server has sent nothing for that long.
  func silence(_ limit: Duration) -> HTTPFailure {
    let problem =
      hasHead ? "has sent nothing for \(limit.text)" : "did not answer within \(limit.text)"
    return HTTPFailure(kind: .timeout, message: "\(url.shown) \(problem)", duration: duration)
  }

  var response: HTTPResponse {
    HTTPResponse(
      status: ccurl_get_long(easy, CURLINFO_RESPONSE_CODE), headers: headers, body: body,
      duration: duration)
  }

  func failure(_ code: CURLcode) -> HTTPFailure {
    if metMetadata {
      return HTTPFailure(
        kind: .connect,
        message: "\(origin) leads to the metadata service of a cloud, which hands out keys and is"
          + " closed to data sources", duration: duration)
    }
    // libcurl says that a file did not do, and rarely why.
    if code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CERTPROBLEM,
      let problem = request.tls.problem
    {
      return HTTPFailure(
        kind: .tls, message: "cannot ask \(url.origin): \(problem)", duration: duration)
    }
    return HTTPFailure(
      code,
      context: HTTPFailure.CurlContext(
        shown: url.shown, origin: origin, timeout: request.timeout,
        connectTimeout: request.connectTimeout ?? request.timeout,
        maximumResponseSize: request.maximumResponseSize, exceeded: exceededLimit,
        phase: phase, received: delivered + body.count,
        systemError: Int32(clamping: ccurl_get_long(easy, CURLINFO_OS_ERRNO)),
        detail: String(cString: errorText)),
      duration: duration)
  }

  /// What a connection is made to, for people.
  private var origin: String {
    guard let proxy = request.proxy.flatMap({ HTTPURL($0) }) else { return url.origin }
    return "\(url.origin) through the proxy \(proxy.origin)"
  }

  /// From the start of the first leg.
  var duration: Duration {
    elapsed + .microseconds(ccurl_get_size(easy, CURLINFO_TOTAL_TIME_T))
  }

  private var phase: HTTPFailure.CurlContext.Phase {
    if ccurl_get_size(easy, CURLINFO_STARTTRANSFER_TIME_T) > 0 { return .answering }
    if ccurl_get_size(easy, CURLINFO_PRETRANSFER_TIME_T) > 0 { return .waiting }
    if ccurl_get_size(easy, CURLINFO_CONNECT_TIME_T) > 0 { return .handshake }
    return ccurl_get_size(easy, CURLINFO_NAMELOOKUP_TIME_T) > 0 ? .connecting : .nameLookup
  }

  // MARK: Options

  private func configure(userAgent: String) {
    ccurl_set_text(easy, CURLOPT_URL, request.url)
    ccurl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    ccurl_set_text(easy, CURLOPT_USERAGENT, userAgent)
    ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    // libcurl then decodes whatever encoding comes, asked for or not; limits count decoded bytes. A
    // stream is taken as it comes, and what compresses it would hold pieces back.
    if !isStream { ccurl_set_text(easy, CURLOPT_ACCEPT_ENCODING, "gzip") }
    setMethodAndBody()
    setHeaders()
    setLimits()
    setConnection()
    setTLS()
    if let auth = request.basicAuth {
      ccurl_set_long(easy, CURLOPT_HTTPAUTH, 1)  // CURLAUTH_BASIC
      ccurl_set_text(easy, CURLOPT_USERNAME, auth.username)
      ccurl_set_text(easy, CURLOPT_PASSWORD, auth.password.secret)
    }
    let context = Unmanaged.passUnretained(self).toOpaque()
    ccurl_set_data_function(
      easy, CURLOPT_WRITEFUNCTION,
      { bytes, size, count, context in
        CurlTransfer.from(context)?.receive(body: bytes, count: size * count) ?? 0
      }, CURLOPT_WRITEDATA, context)
    ccurl_set_data_function(
      easy, CURLOPT_HEADERFUNCTION,
      { bytes, size, count, context in
        CurlTransfer.from(context)?.receive(header: bytes, count: size * count) ?? 0
      }, CURLOPT_HEADERDATA, context)
  }

  private func setMethodAndBody() {
    if let body = request.body {
      body.withUnsafeBytes { _ = ccurl_set_body(easy, $0.baseAddress, curl_off_t($0.count)) }
    }
    switch request.method {
    case .get where request.body == nil: break
    case .post where request.body != nil: break
    case .get, .post, .put, .patch, .delete:
      ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    }
  }

  private func setHeaders() {
    for field in request.headers {
      // libcurl's notation: a colon removes its own header, a semicolon sends an empty one.
      let value = field.value.secret
      let line = value.isEmpty ? "\(field.name);" : "\(field.name): \(value)"
      headerList = curl_slist_append(headerList, line) ?? headerList
    }
    // Waiting for 100 Continue would add a second to large requests to many servers.
    headerList = curl_slist_append(headerList, "Expect:") ?? headerList
    ccurl_set_list(easy, CURLOPT_HTTPHEADER, headerList)
  }

  private func setLimits() {
    let connectTimeout = min(request.connectTimeout ?? request.timeout, request.timeout)
    ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(connectTimeout))
    // A stream has no end that could be late; `HTTPClient` watches over its silences.
    if !isStream {
      ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, Self.milliseconds(request.timeout))
      ccurl_set_size(easy, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(request.maximumResponseSize))
    }
    // Redirects are followed by `HTTPClient`, which checks where they lead.
    ccurl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
  }

  private func setConnection() {
    // No proxy from the environment: upstreams are inside of the cluster, and a variable meant for
    // something else must not send their credentials through a third host. Nor may `no_proxy` lead
    // past the one that is asked for.
    ccurl_set_text(easy, CURLOPT_PROXY, request.proxy ?? "")
    ccurl_set_text(easy, CURLOPT_NOPROXY, "")
    ccurl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    // A name may lead anywhere, and so may what a name was asked for a second time.
    ccurl_set_socket_function(
      easy,
      { context, _, address in
        guard let address else { return CURL_SOCKET_BAD }
        return CurlTransfer.from(context)?.open(address) ?? CURL_SOCKET_BAD
      }, Unmanaged.passUnretained(self).toOpaque())
    if let address = request.connectTo {
      // libcurl's notation: any host and port of the URL, then what takes their place.
      connectList = curl_slist_append(nil, "::\(address)")
      ccurl_set_list(easy, CURLOPT_CONNECT_TO, connectList)
    }
    if request.version == .http1 {
      ccurl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    }
    ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    // Without it a transfer that times out while its name is looked up would block the loop until
    // the resolver's thread comes back.
    ccurl_set_long(easy, CURLOPT_QUICK_EXIT, 1)
    ccurl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
    let keepAlive = max(Int(request.keepAlive.components.seconds), 1)
    ccurl_set_long(easy, CURLOPT_TCP_KEEPIDLE, keepAlive)
    ccurl_set_long(easy, CURLOPT_TCP_KEEPINTVL, keepAlive)
    // Seconds. New addresses and rotated certificates are noticed without a restart.
    ccurl_set_long(easy, CURLOPT_DNS_CACHE_TIMEOUT, 30)
    ccurl_set_long(easy, CURLOPT_MAXLIFETIME_CONN, 300)
    ccurl_set_long(easy, CURLOPT_CA_CACHE_TIMEOUT, 60)
  }

  private func setTLS() {
    ccurl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if let file = request.tls.caFile { ccurl_set_text(easy, CURLOPT_CAINFO, file) }
    if let file = request.tls.clientCertificateFile { ccurl_set_text(easy, CURLOPT_SSLCERT, file) }
    if let file = request.tls.clientKeyFile { ccurl_set_text(easy, CURLOPT_SSLKEY, file) }
    setContent(CURLOPT_CAINFO_BLOB, request.tls.authorities)
    setContent(CURLOPT_SSLCERT_BLOB, request.tls.clientCertificate)
    setContent(CURLOPT_SSLKEY_BLOB, request.tls.clientKey)
    if !request.tls.verifiesServer {
      ccurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
      ccurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
    }
  }

  private func setContent(_ option: CURLoption, _ bytes: [UInt8]?) {
    bytes?.withUnsafeBytes { _ = ccurl_set_blob(easy, option, $0.baseAddress, $0.count) }
  }

  /// At least 1, because libcurl takes 0 for no limit.
  private static func milliseconds(_ duration: Duration) -> Int {
    Int(min(max(duration.milliseconds, 1), Int64(Int32.max)))
  }

  // MARK: libcurl delivers

  private static func from(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
    context.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
  }

  private func open(_ address: UnsafePointer<curl_sockaddr>) -> curl_socket_t {
    guard request.reachesMetadata || ccurl_is_metadata_address(address) == 0 else {
      metMetadata = true
      return CURL_SOCKET_BAD
    }
    return ccurl_open_socket(address)
  }

  /// - Returns: the count of bytes taken; any other than `count` makes libcurl give up.
  private func receive(body bytes: UnsafePointer<CChar>?, count: Int) -> Int {
    guard deliversPieces || body.count + count <= request.maximumResponseSize else {
      exceededLimit = .body
      return 0
    }
    body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
    if isStream { onArrival() }
    return count
  }

  private func receive(header bytes: UnsafePointer<CChar>?, count: Int) -> Int {
    let line = UnsafeRawBufferPointer(start: bytes, count: count)
    // A status line: that of the answer follows those of 1xx.
    if line.starts(with: "HTTP/".utf8) { headers.removeAll() }
    guard headers.size + count <= Self.maximumHeaderSize else {
      exceededLimit = .headers
      return 0
    }
    headers.append(line: line)
    // The empty line at the end of the headers; an answer of 1xx is not the answer yet.
    if isStream, line.elementsEqual("\r\n".utf8), status >= 200 {
      hasHead = true
      onArrival()
    }
    return count
  }
}

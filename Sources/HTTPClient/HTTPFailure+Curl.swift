internal import CCurl
private import Glibc
internal import Scaling
internal import Time

extension HTTPFailure {
  /// What is known of a transfer that libcurl gave up.
  struct CurlContext {
    /// The URL, and its origin, for people.
    var shown: String
    var origin: String
    var timeout: Duration
    var connectTimeout: Duration
    var maximumResponseSize: Int
    var exceeded: CurlTransfer.Limit?
    var phase: Phase
    /// Bytes of the body.
    var received: Int
    /// `errno`; 0 for none.
    var systemError: Int32
    /// libcurl's own words; may be empty.
    var detail: String

    enum Phase: Hashable {
      case nameLookup, connecting, handshake, waiting, answering
    }
  }

  /// Turns libcurl's code into a sentence. libcurl documents about a hundred codes; those that
  /// HTTP can end with are named here, any other is reported in libcurl's words.
  init(_ code: CURLcode, context: CurlContext, duration: Duration) {
    let kind: Kind
    let message: String
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
      kind = .nameLookup
      message = "could not find the address of the host in \(context.origin)"
    case CURLE_COULDNT_CONNECT:
      kind = .connect
      message = "could not connect to \(context.origin)\(context.systemErrorText)"
    case CURLE_OPERATION_TIMEDOUT:
      kind = .timeout
      message = context.timeoutMessage
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_CLIENTCERT,
      CURLE_USE_SSL_FAILED:
      kind = .tls
      message = "could not agree on TLS with \(context.origin)\(context.detailText)"
    case CURLE_FILESIZE_EXCEEDED:
      kind = .tooLarge
      message = context.tooLargeMessage
    case CURLE_WRITE_ERROR where context.exceeded == .body:
      kind = .tooLarge
      message = context.tooLargeMessage
    // libcurl reports a single header line above its own limit as lack of memory.
    case CURLE_WRITE_ERROR where context.exceeded == .headers, CURLE_OUT_OF_MEMORY:
      kind = .tooLarge
      message = "the headers of the answer of \(context.shown) are larger than 256 KiB"
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY:
      kind = .notHTTP
      message = "\(context.shown) answered something that is not HTTP"
    case CURLE_BAD_CONTENT_ENCODING:
      kind = .notHTTP
      message =
        "\(context.shown) sent an answer in an encoding that cannot be read\(context.detailText)"
    case CURLE_GOT_NOTHING:
      kind = .broken
      message = "\(context.shown) closed the connection without an answer"
    case CURLE_PARTIAL_FILE:
      kind = .broken
      message =
        "\(context.shown) closed the connection before its answer was complete"
        + " (\(context.received) bytes came)"
    case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM:
      kind = .broken
      message = "the connection to \(context.origin) broke\(context.detailText)"
    case CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT:
      kind = .invalidRequest
      message = "cannot ask \(context.shown)\(context.detailText)"
    default:
      kind = .broken
      message =
        "the request to \(context.shown) failed"
        + (context.detail.isEmpty
          ? ": \(String(cString: curl_easy_strerror(code)))" : context.detailText)
    }
    self.init(kind: kind, message: message, duration: duration)
  }
}

extension HTTPFailure.CurlContext {
  fileprivate var timeoutMessage: String {
    let limit = min(connectTimeout, timeout).text
    return switch phase {
    case .nameLookup:
      "could not find the address of the host in \(origin), or a free connection, within \(limit)"
    case .connecting: "could not connect to \(origin) within \(limit)"
    case .handshake: "could not agree on TLS with \(origin) within \(limit)"
    case .waiting: "\(shown) did not answer within \(timeout.text)"
    case .answering:
      "\(shown) did not complete its answer within \(timeout.text) (\(received) bytes came)"
    }
  }

  fileprivate var tooLargeMessage: String {
    let mebibyte = 1024 * 1024
    let limit =
      maximumResponseSize.isMultiple(of: mebibyte) && maximumResponseSize > 0
      ? "\(maximumResponseSize / mebibyte) MiB" : "\(maximumResponseSize) bytes"
    return "\(shown) sent an answer larger than \(limit)"
  }

  fileprivate var detailText: String {
    detail.isEmpty ? "" : ": \(Excerpt.text(of: detail))"
  }

  /// As the C library says it, in lower case as the rest of the sentence.
  fileprivate var systemErrorText: String {
    guard systemError != 0, let text = strerror(systemError) else { return detailText }
    return ": \(String(cString: text).lowercased())"
  }
}

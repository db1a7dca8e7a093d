internal import HTTPClient
internal import Telemetry
internal import Testing
internal import Time

@testable internal import DataSources

/// The test vectors that AWS publishes for Signature Version 4.
struct AWSSignatureTests {
  private static let address = "https://example.amazonaws.com"

  /// Requests for lists of a bucket, from the documentation of S3.
  @Test(arguments: [
    ("?lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    (
      "?max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    ),
  ])
  func `a request to S3 says the hash of its body, too`(query: String, signature: String) throws {
    let keys = AWSKeys(
      accessKeyID: "AKIAIOSFODNN7EXAMPLE",
      secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    var request = HTTPRequest(
      url: "https://examplebucket.s3.amazonaws.com/\(query)", timeout: .seconds(1))
    AWSSignature(keys: keys, region: "us-east-1", service: "s3").sign(
      &request, at: try Instant(rfc3339: "2013-05-24T00:00:00Z"))
    #expect(
      Self.authorization(request)
        == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        + " SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=\(signature)")
  }

  @Test func `bytes that are no UTF-8 are signed as they are sent`() throws {
    func authorization(_ query: String) throws -> String? {
      Self.authorization(
        try Self.signed(HTTPRequest(url: "\(Self.address)/?a=\(query)", timeout: .seconds(1))))
    }
    #expect(try authorization("%ff") == authorization("%FF"))
    #expect(try authorization("%ff") != authorization("%fe"))
    #expect(try authorization("%") == authorization("%25"))
  }

  private static func signed(_ request: HTTPRequest, token: String? = nil) throws -> HTTPRequest {
    let keys = AWSKeys(
      accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
      sessionToken: token)
    var request = request
    AWSSignature(keys: keys, region: "us-east-1", service: "service").sign(
      &request, at: try Instant(rfc3339: "2015-08-30T12:36:00.250Z"))
    return request
  }

  private static func authorization(_ request: HTTPRequest) -> String? {
    request.headers.last { $0.name == "Authorization" }?.value.secret
  }

  @Test(arguments: [
    (
      HTTPRequest.Method.get, "/",
      "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    ),
    (.post, "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    (
      .get, "/?Param2=value2&Param1=value1",
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
    ),
  ])
  func `a request is signed as the published vectors are`(
    method: HTTPRequest.Method, target: String, signature: String
  ) throws {
    let request = try Self.signed(
      HTTPRequest(method: method, url: Self.address + target, timeout: .seconds(1)))
    #expect(
      Self.authorization(request)
        == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request,"
        + " SignedHeaders=host;x-amz-date, Signature=\(signature)")
    #expect(request.headers.contains(HTTPField("Host", "example.amazonaws.com")))
    #expect(request.headers.contains(HTTPField("X-Amz-Date", "20150830T123600Z")))
  }

  @Test func `a query counts by what it means, however it is encoded`() throws {
    let one = try Self.signed(
      HTTPRequest(url: "\(Self.address)/?b=%7e&a=x%20y&a=%2f", timeout: .seconds(1)))
    let other = try Self.signed(
      HTTPRequest(url: "\(Self.address):443/?a=/&a=x%20y&b=~", timeout: .seconds(1)))
    #expect(Self.authorization(one) == Self.authorization(other))
    let third = try Self.signed(
      HTTPRequest(url: "\(Self.address)/?a=/&a=x&b=~", timeout: .seconds(1)))
    #expect(Self.authorization(one) != Self.authorization(third))
  }

  @Test func `a body, its type and the token of a session are signed`() throws {
    let headers = [HTTPField("Content-Type", "application/json"), HTTPField("Accept", "x")]
    func request(_ body: String) -> HTTPRequest {
      HTTPRequest(
        method: .post, url: Self.address, headers: headers, body: Array(body.utf8),
        timeout: .seconds(1))
    }
    let first = try Self.signed(request("a"), token: "session-token")
    #expect(
      Self.authorization(first)?.contains(
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,") == true)
    #expect(Self.authorization(first) != Self.authorization(try Self.signed(request("b"))))
  }
}

internal import Testing
internal import Time

@testable internal import DataSources

struct AWSKeysTests {
  private static let file = """
    # of the operators
    [other]
    aws_access_key_id = AKIAOTHER
    aws_secret_access_key = othersecret/of/nobody

    [default]
    aws_access_key_id=AKIADEFAULT
      aws_secret_access_key =   secret/with=signs
    ; a remark
    aws_session_token = token
    """

  @Test func `a profile is found in a file of credentials`() {
    #expect(
      AWSKeys(file: Self.file, profile: "default")
        == AWSKeys(
          accessKeyID: "AKIADEFAULT", secretAccessKey: "secret/with=signs", sessionToken: "token"))
    #expect(AWSKeys(file: Self.file, profile: "other")?.accessKeyID == "AKIAOTHER")
    #expect(AWSKeys(file: Self.file, profile: "oth") == nil)
    #expect(AWSKeys(file: "aws_access_key_id = x", profile: "default") == nil)
  }

  @Test func `the answer of a pod's endpoint is read`() throws {
    let body = """
      {"AccessKeyId": "ASIA1", "SecretAccessKey": "s", "Token": "t", "AccountId": "1",
       "Expiration": "2026-11-29T18:00:00Z"}
      """
    let found = try AWSKeys.container(Array(body.utf8))
    #expect(found?.keys == AWSKeys(accessKeyID: "ASIA1", secretAccessKey: "s", sessionToken: "t"))
    #expect(found?.end == (try Instant(rfc3339: "2026-11-29T18:00:00Z")))
    #expect(try AWSKeys.container(Array("{\"AccessKeyId\": \"ASIA1\"}".utf8)) == nil)
  }

  @Test func `the answer of the token service is read`() throws {
    let body = """
      <AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>
      <SessionToken>t/+=</SessionToken><SecretAccessKey>s</SecretAccessKey>
      <Expiration>2026-11-29T18:00:00Z</Expiration><AccessKeyId>ASIA2</AccessKeyId>
      </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
      """
    let found = AWSKeys.tokenService(Array(body.utf8))
    #expect(
      found?.keys == AWSKeys(accessKeyID: "ASIA2", secretAccessKey: "s", sessionToken: "t/+="))
    #expect(AWSKeys.tokenService(Array("<Error/>".utf8)) == nil)
  }
}

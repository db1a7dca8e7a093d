internal import Scaling
internal import TestKit
internal import Testing

@testable internal import DataSources

@Suite struct SourceCredentialsTests {
  @Test func `a token file that cannot be used is the source's trouble`() throws {
    var source = Fixtures.prometheus()
    let path = try TemporaryFolder().path + "/token"
    source.bearerTokenFile = path
    var credentials = SourceCredentials(source)
    let failure = try #require(throws: FetchFailure.self) {
      _ = try credentials.endpoint(of: source)
    }
    #expect(failure.reason == .credentials)
    #expect(failure.concernsSource)
    #expect(failure.message.contains(path))
  }
}

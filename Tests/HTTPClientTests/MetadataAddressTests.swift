internal import Testing

@testable internal import HTTPClient

/// The metadata services of clouds hand out keys, and no address of a manifest may lead there.
struct MetadataAddressTests {
  @Test(arguments: [
    "http://169.254.169.254/latest", "http://2852039166/latest", "http://0xA9FEA9FE/",
    "http://169.254.170.2/", "http://169.254.170.23/v1/credentials",
    "http://[::ffff:169.254.169.254]/", "http://[fd00:ec2::254]/", "http://[fd00:ec2::23]/",
  ])
  func `they are not connected to, however they are written`(url: String) async throws {
    let failure = try await HTTPHost.run { await $0.get(url) }.failure
    #expect(failure?.kind == .connect)
    #expect(
      failure?.message.hasSuffix(
        "leads to the metadata service of a cloud, which hands out keys and is closed to data"
          + " sources") == true, "\(failure?.message ?? "an answer")")
  }
}

internal import HTTPClient
internal import Scaling
internal import TestKit
internal import Testing

@testable internal import DataSources

struct CalendarReaderTests {
  private let folder: TemporaryFolder
  private let calendar = """
    BEGIN:VCALENDAR\r
    VERSION:2.0\r
    PRODID:-//shop//EN\r
    BEGIN:VEVENT\r
    UID:1\r
    SUMMARY:Sale\r
    DTSTART:20261127T080000Z\r
    DTEND:20261127T200000Z\r
    END:VEVENT\r
    END:VCALENDAR\r

    """

  init() throws {
    folder = try TemporaryFolder()
  }

  private func reader(_ origin: CalendarSource.Origin) -> CalendarReader {
    CalendarReader(
      CalendarSource(name: ResourceName(namespace: "shop", name: "sales"), origin: origin),
      zones: UTCDatabase())
  }

  private var server: CalendarReader {
    reader(
      .server(
        DataSource(
          name: ResourceName(namespace: "shop", name: "sales"), kind: .http,
          address: "https://calendars/shop/sales.ics/?key=secret")))
  }

  @Test func `a file is read as it is now`() throws {
    let reader = reader(.file(folder.path("sales.ics")))
    #expect(reader.fileContent() == nil)
    try folder.write("sales.ics", calendar)
    let content = try #require(reader.fileContent())
    #expect(content.problem == nil)
    #expect(content.events != nil)
    try folder.write("sales.ics", "SUMMARY:Sale")
    let broken = try #require(reader.fileContent())
    #expect(broken.events == nil)
    #expect(broken.problem?.hasPrefix("\(folder.path("sales.ics")): ") == true)
  }

  @Test func `a file may be of four mebibytes, and no longer`() throws {
    let reader = reader(.file(folder.path("sales.ics")))
    let rest = CalendarReader.limit - calendar.utf8.count
    try folder.write("sales.ics", calendar + String(repeating: "\n", count: rest))
    #expect(reader.fileContent()?.events != nil)
    try folder.write("sales.ics", calendar + String(repeating: "\n", count: rest + 1))
    let content = try #require(reader.fileContent())
    #expect(content.events == nil)
    #expect(content.problem?.contains("sales.ics cannot be read: ") == true)
  }

  @Test func `a server is asked for the address as it stands, and named without its secrets`()
    throws
  {
    var reader = server
    let request = try #require(try reader.request())
    #expect(request.url.hasSuffix("/shop/sales.ics/?key=secret"))
    #expect(request.maximumResponseSize == CalendarReader.limit)
    #expect(reader.fileContent() == nil)
    #expect(!reader.shown.contains("secret"))
    #expect(reader.content(of: []).problem?.hasPrefix("\(reader.shown): ") == true)
  }

  @Test func `only a 200 has a calendar`() throws {
    let body = Array(calendar.utf8)
    #expect(
      try server.bytes(of: .success(HTTPResponse(status: 200, body: body))).get()
        == body)
    let failure = #expect(throws: CalendarFailure.self) {
      try server.bytes(of: .success(HTTPResponse(status: 404, body: body))).get()
    }
    #expect(failure?.sentence == "\(server.shown) answered HTTP 404")
  }
}

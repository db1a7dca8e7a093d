import Foundation
import Testing

@testable import SidePort

struct PageFileTests {
  private static let web = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Web")

  @Test func `serves every file of Web, byte for byte and by its media type`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.web.path)
    #expect(names.contains("index.html"))
    #expect(PageFile.all.count == names.count)
    for name in names {
      let path = name == "index.html" ? "/" : "/page/\(name)"
      let file = try #require(
        PageFile.all.first { $0.path == path }, "Sources/CPage/CPage.c lacks \(name)")
      let bytes = try Data(contentsOf: Self.web.appending(path: name))
      #expect(file.body == Array(bytes), "\(name)")
      let type = try #require(
        [
          "html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml",
        ][(name as NSString).pathExtension], "a media type for \(name)")
      #expect(file.contentType == "\(type); charset=utf-8")
    }
  }
}

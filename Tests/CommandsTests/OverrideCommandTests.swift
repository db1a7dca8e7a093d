internal import Configuration
internal import TestKit
internal import Testing

@testable internal import Commands

/// What `boost`, `freeze` and `overrides` ask of a server.
struct OverrideCommandTests {
  /// Runs a command, and returns what the server was asked.
  private static func asked(
    _ verb: OverrideVerb, _ arguments: String...
  ) throws -> ScriptedServer.Request {
    let server = try ScriptedServer { request in
      let isJSON = request.headers["accept"]?.hasPrefix("application/json") == true
      return [
        .reply(
          200, isJSON ? "{}\n" : "done\n",
          headers: ["Content-Type: \(isJSON ? "application/json" : "text/plain")"])
      ]
    }
    defer { server.stop() }
    let all = arguments + ["--server=\(server.address)"]
    #expect(try OverrideCommand(verb, all[...]).run() == 0)
    #expect(server.requests.count == 1)
    return try #require(server.requests.first)
  }

  @Test func `boost says bounds, end and reason, and nothing that was not said`() throws {
    let full = try Self.asked(
      .boost, "shop/web", "--at-least=40", "--at-most=60", "--until=18:00", "--reason=a \"launch\"")
    #expect(full.method == "POST")
    #expect(full.target == "/api/v1/overrides/shop/web")
    #expect(
      full.body
        == #"{"atLeast":40,"atMost":60,"until":"18:00","reason":"a \"launch\""}"#)
    let short = try Self.asked(.boost, "web", "--at-least=0", "--for=2h")
    #expect(short.target == "/api/v1/overrides/default/web")
    #expect(short.body == #"{"atLeast":0,"for":"2h"}"#)
  }

  @Test func `freeze says no bounds`() throws {
    let request = try Self.asked(.freeze, "web", "--namespace=shop", "--for=1h", "--json")
    #expect(request.target == "/api/v1/overrides/shop/web")
    #expect(request.body == #"{"freeze":true,"for":"1h"}"#)
  }

  @Test func `overrides lists all or those of one, and ends them`() throws {
    #expect(try Self.asked(.overrides).target == "/api/v1/overrides")
    let one = try Self.asked(.overrides, "shop/web")
    #expect(one.method == "GET")
    #expect(one.target == "/api/v1/overrides/shop/web")
    let end = try Self.asked(.overrides, "web", "--end")
    #expect(end.method == "DELETE")
    #expect(end.target == "/api/v1/overrides/default/web")
    #expect(try Self.asked(.overrides, "web", "--end", "--id=a&b").target.hasSuffix("?id=a%26b"))
  }

  @Test(arguments: [
    (OverrideVerb.boost, ["web", "--for=2h"], "--at-least=N or --at-most=N"),
    (.boost, ["web", "--at-least=1"], "needs an end"),
    (.boost, ["web", "--at-least=1", "--for=2h", "--until=18:00"], "takes one end"),
    (.boost, ["web", "--at-least=-1", "--for=2h"], "a whole number from 0"),
    (.boost, ["--at-least=1", "--for=2h"], "the name of one policy"),
    (.boost, ["web", "api", "--at-least=1", "--for=2h"], "the name of one policy"),
    (.boost, ["web", "--at-least=1", "--for=2h", "--end"], "boost takes no flag --end"),
    (.freeze, ["web"], "freeze needs an end"),
    (.freeze, ["web", "--at-least=1", "--for=2h"], "freeze takes no flag --at-least"),
    (.overrides, ["web", "--id=a"], "--id goes with --end"),
    (.overrides, ["--end"], "the name of one policy"),
    (.overrides, ["web", "--for=2h"], "overrides takes no flag --for"),
  ])
  func `what makes no sense is not asked`(
    verb: OverrideVerb, arguments: [String], words: String
  ) throws {
    let server = try ScriptedServer(always: .reply(500))
    defer { server.stop() }
    let error = #expect(throws: UsageError.self) {
      try OverrideCommand(verb, (arguments + ["--server=\(server.address)"])[...]).run()
    }
    #expect(error?.description.contains(words) == true)
    #expect(server.requests.isEmpty)
  }
}

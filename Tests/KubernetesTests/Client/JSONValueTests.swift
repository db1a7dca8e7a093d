internal import Testing

@testable internal import Kubernetes

@Suite struct JSONValueTests {
  @Test func `reads and writes what it read`() throws {
    let text = #"{"a":[1,-2.5,true,null,"x\n"],"b":{},"c":9007199254740993}"#
    let value = try JSONValue(Array(text.utf8))
    #expect(String(decoding: value.bytes, as: UTF8.self) == text)
    #expect(value["c"]?.integer == 9_007_199_254_740_993)
    #expect(value["a"]?.elements.count == 5)
  }

  @Test func `leaves out managed fields`() throws {
    let value = try JSONValue(Array(#"{"managedFields":[{"a":1}],"name":"x"}"#.utf8))
    #expect(value == ["name": "x"])
  }

  @Test func `keeps managed fields where they are asked for`() throws {
    let fields = #"{"f:spec":{"f:replicas":{}}}"#
    let others = #"{"f:spec":{"f:template":{"f:replicas":{}}}}"#
    let text = """
      {"metadata":{"managedFields":[{"manager":"helm","fieldsV1":\(fields)},{"fieldsV1":\(fields)},
      {"manager":"kubectl","fieldsV1":\(others)},{"manager":"x"},7]}}
      """
    let asked = KubernetesObject(try JSONValue(Array(text.utf8), keepsManagers: true))
    #expect(asked.managers(of: ["spec", "replicas"]) == ["helm"])
    let plain = KubernetesObject(try JSONValue(Array(text.utf8)))
    #expect(plain.managers(of: ["spec", "replicas"]) == [])
  }

  @Test(arguments: ["", "{", "{\"a\":}", "[1,]", "nul", "1 2", "{\"a\":1e999}"])
  func `refuses what is not JSON`(text: String) {
    #expect(throws: JSONValue.Failure.self) { try JSONValue(Array(text.utf8)) }
  }

  @Test func `takes null for absent`() throws {
    let value = try JSONValue(Array(#"{"a":null}"#.utf8))
    #expect(value["a"] == nil)
  }

  @Test func `sets, replaces and removes members`() {
    var value: JSONValue = ["a": 1]
    value.set("b", "x")
    value.set("a", 2)
    #expect(value == ["a": 2, "b": "x"])
    value.set("a", nil)
    #expect(value == ["b": "x"])
  }
}

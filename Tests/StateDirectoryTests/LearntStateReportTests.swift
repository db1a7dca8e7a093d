internal import HTTPClient
internal import Testing

@testable internal import StateDirectory

@Suite struct LearntStateReportTests {
  @Test func `another replica reads what was told`() throws {
    let states = [[], [0], Array(0...255), Array("hsfc".utf8)] as [[UInt8]]
    #expect(try LearntStateReport.states(in: LearntStateReport.text(of: states)) == states)
    #expect(try LearntStateReport.states(in: LearntStateReport.text(of: [])) == [])
  }

  @Test(arguments: [
    #"{"format":2,"states":[]}"#, #"{"states":[]}"#, "[]", "", "{", #"{"format":1,"states":{}}"#,
    #"{"format":1,"states":["aHNm?w=="]}"#, #"{"format":1,"states":["aHN"]}"#,
    #"{"format":1,"states":[1]}"#,
  ])
  func `what is no report of this format is refused as a whole`(text: String) {
    #expect(throws: JSONError.self) { try LearntStateReport.states(in: Array(text.utf8)) }
  }

  @Test func `more states than are told at once are refused`() throws {
    let most = LearntStateReport.maximumStates
    func report(_ count: Int) -> [UInt8] {
      LearntStateReport.text(of: Array(repeating: [1, 2, 3], count: count))
    }
    #expect(try LearntStateReport.states(in: report(most)).count == most)
    #expect(throws: JSONError.self) { try LearntStateReport.states(in: report(most + 1)) }
  }
}

import Foundation
import Testing
internal import Time

@testable import Telemetry

struct JSONWriterTests {
  @Test func `writes nested containers in order`() {
    var json = JSONWriter()
    json.object { json in
      json.field("z", 1)
      json.field(array: "a") { json in
        json.element("x")
        json.element(2)
        json.element(true)
        json.elementNull()
        json.object { _ in }
        json.array { $0.element(0.5) }
      }
      json.field(object: "o") { $0.field("k", nil as String?) }
      json.field("n", nil as Int?)
      json.field("d", Double.nan)
      json.field("e", nil as Double?)
      json.field("b", nil as Bool?)
      json.fieldNull("null")
    }
    #expect(
      String(decoding: json.bytes, as: UTF8.self)
        == #"{"z":1,"a":["x",2,true,null,{},[0.5]],"o":{"k":null},"n":null,"d":null,"e":null,"#
        + #""b":null,"null":null}"#)
  }

  @Test func `gives back every scalar through another parser`() throws {
    let all = String(
      String.UnicodeScalarView((0...0x11000).compactMap { Unicode.Scalar(UInt32($0)) }))
    var json = JSONWriter()
    json.array { $0.element(all + "\u{10FFFF}😀") }
    let back = try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String]
    #expect(
      back?.first.map { Array($0.unicodeScalars) } == Array((all + "\u{10FFFF}😀").unicodeScalars))
  }

  @Test(arguments: [
    0, -0.0, 1, 0.1, 1e300, -1e-300, 123456789.125, Double(1 << 53), .leastNonzeroMagnitude,
  ])
  func `writes numbers that read back the same`(value: Double) throws {
    var json = JSONWriter()
    json.array { $0.element(value) }
    let back = try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [Double]
    #expect(back == [value])
  }
}

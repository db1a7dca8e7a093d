import Foundation
import Testing

@testable import Telemetry

struct ProcessMetricsTests {
  @Test func `reads the line of proc(5), whatever the program is called`() {
    let rest = "S 1 2 3 4 5 6 7 8 9 10 100 23 14 15 16 17 18 19 777 4096000 55 18446744073709551615"
    for name in ["headstart", "a b", "a) R (b", ""] {
      let status = ProcessStatus("123 (\(name)) \(rest)\n")
      #expect(status?.cpuTicks == 123)
      #expect(status?.startTicks == 777)
      #expect(status?.virtualBytes == 4_096_000)
      #expect(status?.residentPages == 55)
    }
  }

  @Test(arguments: ["", "1 (x", "1 (x)", "1 (x) S 1 2 3", "no parentheses at all"])
  func `leaves out what it cannot read`(text: String) {
    #expect(ProcessStatus(text) == nil)
  }

  @Test func `finds the time of the boot`() {
    #expect(ProcessMetrics.bootTime("cpu 1 2\nbtime 1795217000\nprocesses 5\n") == 1_795_217_000)
    #expect(ProcessMetrics.bootTime("cpu 1 2\n") == nil)
    #expect(ProcessMetrics.bootTime("btime x\n") == nil)
  }

  @Test func `tells of this process`() throws {
    let registry = HeadstartMetrics(version: "0").registry
    var values: [String: Double] = [:]
    for line in String(decoding: registry.exposition(.text), as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: " ")
      if line.hasPrefix("process_") { values[String(parts[0])] = Double(parts[1]) }
    }
    let resident = try #require(values["process_resident_memory_bytes"])
    let virtual = try #require(values["process_virtual_memory_bytes"])
    #expect(resident > 1_000_000 && resident < virtual)
    #expect(try #require(values["process_open_fds"]) >= 3)
    #expect(try #require(values["process_max_fds"]) > 0)
    #expect(try #require(values["process_cpu_seconds_total"]) >= 0)
    let started = try #require(values["process_start_time_seconds"])
    // The kernel's own time: the wall clock of the process may be set, as scripts/test-dates does.
    let boot = try #require(
      ProcessMetrics.bootTime(String(contentsOfFile: "/proc/stat", encoding: .utf8)))
    let uptime = try String(contentsOfFile: "/proc/uptime", encoding: .utf8)
    let now = Double(boot) + (try #require(Double(uptime.split(separator: " ")[0])))
    #expect(started < now + 5 && started > now - 86_400)
  }
}

private import Glibc

/// The metrics of the process itself, by the names that every Prometheus client library uses,
/// read from /proc at each scrape. What cannot be read is left out.
struct ProcessMetrics: Sendable {
  private let cpuSeconds: CollectedFamily
  private let residentMemory: CollectedFamily
  private let virtualMemory: CollectedFamily
  private let openDescriptors: CollectedFamily
  private let maxDescriptors: CollectedFamily
  private let startTime: CollectedFamily

  init(_ registry: MetricsRegistry) {
    cpuSeconds = registry.collected(
      .counter, "process_cpu_seconds_total", help: "User and system CPU time spent.",
      unit: .seconds)
    residentMemory = registry.collected(
      .gauge, "process_resident_memory_bytes", help: "Resident memory size.", unit: .bytes)
    virtualMemory = registry.collected(
      .gauge, "process_virtual_memory_bytes", help: "Virtual memory size.", unit: .bytes)
    openDescriptors = registry.collected(
      .gauge, "process_open_fds", help: "Open file descriptors.")
    maxDescriptors = registry.collected(
      .gauge, "process_max_fds", help: "The limit on open file descriptors.")
    startTime = registry.collected(
      .gauge, "process_start_time_seconds", help: "When the process started, since 1970.",
      unit: .seconds)
  }

  func write(to writer: inout MetricWriter) {
    if let status = ProcessStatus(readFile("/proc/self/stat")) {
      let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
      writer.write(cpuSeconds, Double(status.cpuTicks) / ticks)
      writer.write(
        residentMemory, Double(status.residentPages) * Double(sysconf(Int32(_SC_PAGESIZE))))
      writer.write(virtualMemory, Double(status.virtualBytes))
      if let boot = Self.bootTime(readFile("/proc/stat")) {
        writer.write(startTime, Double(boot) + Double(status.startTicks) / ticks)
      }
    }
    if let count = countDescriptors() { writer.write(openDescriptors, Double(count)) }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 {
      writer.write(maxDescriptors, limit.rlim_cur == .max ? .infinity : Double(limit.rlim_cur))
    }
  }

  /// Seconds since 1970 from the line `btime` of /proc/stat.
  static func bootTime(_ text: String) -> UInt64? {
    for line in text.split(separator: "\n") where line.hasPrefix("btime ") {
      return UInt64(line.dropFirst("btime ".count))
    }
    return nil
  }

  /// The open descriptors but for the one that counting takes.
  private func countDescriptors() -> Int? {
    guard let directory = opendir("/proc/self/fd") else { return nil }
    defer { closedir(directory) }
    var count = 0
    while let entry = readdir(directory) {
      let isName = withUnsafeBytes(of: entry.pointee.d_name) { $0[0] != UInt8(ascii: ".") }
      if isName { count += 1 }
    }
    return count - 1
  }

  /// The whole of a small file of /proc; empty when it cannot be read.
  private func readFile(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += chunk[..<count]
    }
  }
}

/// What /proc/self/stat tells (proc(5)).
struct ProcessStatus: Hashable {
  var cpuTicks: UInt64
  /// Since boot.
  var startTicks: UInt64
  var virtualBytes: UInt64
  var residentPages: UInt64

  /// Nil when the text has another shape. The second field is the program's name in parentheses
  /// and may hold spaces and parentheses itself, so fields are counted from the last `)`.
  init?(_ text: String) {
    guard let name = text.lastIndex(of: ")") else { return nil }
    // The first field here is number 3 of proc(5).
    let fields = text[text.index(after: name)...].split(separator: " ")
    guard fields.count > 21, let user = UInt64(fields[11]), let system = UInt64(fields[12]),
      let start = UInt64(fields[19]), let size = UInt64(fields[20]),
      let resident = UInt64(fields[21])
    else { return nil }
    cpuTicks = user &+ system
    startTicks = start
    virtualBytes = size
    residentPages = resident
  }
}

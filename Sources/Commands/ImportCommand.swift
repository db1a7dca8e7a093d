internal import CivilTime
internal import Configuration
internal import Glibc
internal import Manifests
internal import Serving

/// `headstart import`: policies out of the objects of other autoscalers.
struct ImportCommand {
  private let flags: FlagParser<ImportFlag>

  init(_ arguments: ArraySlice<String>) throws(UsageError) {
    flags = try FlagParser<ImportFlag>(arguments)
  }

  /// - Returns: the exit code: 1 where something could not be carried over.
  func run() throws -> Int32 {
    guard !flags.asksForHelp else {
      Command.write(Usage.importing, to: STDOUT_FILENO)
      return 0
    }
    guard !flags.operands.isEmpty else {
      throw UsageError("import needs at least one manifest: headstart import FILE… [-o DIR]")
    }
    let zones = CCTZDatabase()
    var imported = ManifestImport(options: try options(), zones: zones, now: WallClock.now())
    for path in flags.operands {
      imported.read(try bytes(of: path), path: path == "-" ? "<stdin>" : path)
    }
    imported.finish()
    if let directory = flags.values[.output]?.last {
      try write(imported, to: directory)
    } else {
      Command.write(imported.text, to: STDOUT_FILENO)
    }
    for line in imported.problems { Command.write("\(line)\n", to: STDERR_FILENO) }
    for loss in imported.losses {
      Command.write("not carried over: \(loss)\n", to: STDERR_FILENO)
    }
    return imported.isComplete ? 0 : 1
  }

  private func bytes(of path: String) throws(UsageError) -> [UInt8] {
    do throws(FileReader.Failure) {
      return path == "-"
        ? try FileReader.readStandardInput(limit: Self.fileLimit)
        : try FileReader.read(path: path, limit: Self.fileLimit)
    } catch {
      throw UsageError("\(path) \(error.message)")
    }
  }

  /// As much as a cluster's objects take.
  private static let fileLimit = 64 << 20

  private func options() throws(UsageError) -> ManifestImport.Options {
    var options = ManifestImport.Options()
    if let address = flags.values[.scalerAddress]?.last { options.scalerAddress = address }
    if let zone = flags.values[.timeZone]?.last {
      _ = try CommandInput.zone(zone, in: CCTZDatabase())
      options.timeZone = zone
    }
    for metric in flags.values[.metric] ?? [] {
      let parts = metric.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else {
        throw UsageError(
          "flag --metric is \(metric.prefix(100)), expected NAME=PROMQL, such as "
            + "rps='sum(rate(http_requests_total[1m]))'")
      }
      options.queries[String(parts[0])] = String(parts[1])
    }
    return options
  }

  private func write(_ imported: ManifestImport, to directory: String) throws {
    guard mkdir(directory, 0o755) == 0 || errno == EEXIST else {
      throw UsageError("cannot make \(directory): \(String(cString: strerror(errno)))")
    }
    let files = [
      ("datasources.yaml", imported.dataSources), ("policies.yaml", imported.policies),
      ("scaledobjects.yaml", imported.scaledObjects),
    ]
    for (name, documents) in files where !documents.isEmpty {
      try Command.write(documents.joined(separator: "---\n"), toFile: "\(directory)/\(name)")
    }
  }
}

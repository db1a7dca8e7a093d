internal import Glibc

// Drives one target with libFuzzer. `scripts/fuzz` builds and runs this program; see
// docs/internals/fuzzing.md.
//
//   fuzz --list                        the targets: name and longest input
//   HEADSTART_FUZZ_TARGET=json fuzz …  libFuzzer's own flags, folders and files
//
// The name comes by the environment, because libFuzzer starts further processes with the arguments
// that it was given.

/// libFuzzer without a `main` of its own (FuzzerInterface.h).
@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
  _ argumentCount: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

if CommandLine.arguments.dropFirst().first == "--list" {
  for target in FuzzTarget.all { print(target.name, target.maxLength) }
  exit(0)
}

let name = getenv("HEADSTART_FUZZ_TARGET").map { String(cString: $0) } ?? ""
guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
  print("HEADSTART_FUZZ_TARGET is \"\(name)\", but has to be one of the names of --list")
  exit(2)
}

/// What libFuzzer calls; on its thread alone.
nonisolated(unsafe) var check: FuzzTarget.Check = { _ in }

do {
  try target.run {
    check = $0
    var argumentCount = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    let status = runDriver(&argumentCount, &arguments) { start, count in
      let bytes = Array(UnsafeBufferPointer(start: start, count: count))
      do throws(Broken) {
        try check(bytes)
      } catch {
        // Ends the process, and libFuzzer keeps the input.
        fatalError("\(error)")
      }
      return 0
    }
    exit(status)
  }
} catch {
  print("there is no event loop: \(error)")
  exit(2)
}

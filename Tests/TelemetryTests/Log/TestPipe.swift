import Foundation

/// A pipe whose ends are closed with it.
final class TestPipe {
  /// F_GETPIPE_SZ, which glibc shows to GNU sources alone (fcntl(2)).
  private static let getPipeSize: Int32 = 1032

  private(set) var reading: Int32
  let writing: Int32

  init() {
    var ends: [Int32] = [0, 0]
    pipe(&ends)
    // A program that another test starts meanwhile must not hold them open.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (reading, writing) = (ends[0], ends[1])
  }

  deinit {
    closeReading()
    close(writing)
  }

  func closeReading() {
    if reading >= 0 { close(reading) }
    reading = -1
  }

  /// Opens the reading end again. What was not read is still there.
  func reopenReading() {
    reading = open("/proc/self/fd/\(writing)", O_RDONLY)
  }

  /// Writes until no byte more fits; returns how many did.
  @discardableResult
  func fill() -> Int {
    setBlocking(writing, false)
    defer { setBlocking(writing, true) }
    var count = 0
    while write(writing, "x", 1) == 1 { count += 1 }
    return count
  }

  /// Waits until another thread has written as much as fits.
  func waitUntilFull() {
    var held: Int32 = 0
    let size = fcntl(writing, Self.getPipeSize)
    while held < size {
      _ = ioctl(reading, UInt(FIONREAD), &held)
      sched_yield()
    }
  }

  /// What can be read now.
  func read() -> String {
    setBlocking(reading, false)
    defer { setBlocking(reading, true) }
    var bytes: [UInt8] = []
    while let piece = readPiece(1 << 20) { bytes += piece }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Waits for so many bytes, and reads them.
  func read(count: Int) -> String {
    var bytes: [UInt8] = []
    while bytes.count < count, let piece = readPiece(count - bytes.count) { bytes += piece }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func readPiece(_ size: Int) -> ArraySlice<UInt8>? {
    var buffer = [UInt8](repeating: 0, count: size)
    let count = Glibc.read(reading, &buffer, size)
    return count > 0 ? buffer[..<count] : nil
  }

  private func setBlocking(_ end: Int32, _ isBlocking: Bool) {
    let flags = fcntl(end, F_GETFL)
    _ = fcntl(end, F_SETFL, isBlocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK)
  }
}

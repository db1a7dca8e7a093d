internal import Foundation
internal import TestKit
internal import Testing

@testable internal import StateDirectory

@Suite struct StateLockTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func take(_ directory: String) throws -> (lock: StateLock?, problem: StateFailure?) {
    var problem: StateFailure?
    let lock = try StateLock.take(directory: directory, problem: &problem)
    return (lock, problem)
  }

  @Test func `makes the directory, and lets one have it at a time`() throws {
    let directory = "\(folder.path)/state"
    var first = try take(directory)
    #expect(first.lock != nil && first.problem == nil)
    let error = #expect(throws: StateDirectoryInUse.self) { _ = try take(directory) }
    #expect(error?.description.contains(directory) == true)
    first.lock = nil
    #expect(try take(directory).lock != nil)
  }

  @Test func `a directory that cannot be made is a problem and no end`() throws {
    let found = try take("\(folder.path)/missing/state")
    #expect(found.lock == nil)
    #expect(found.problem?.description.contains("No such file or directory") == true)
  }
}

internal import Testing

@testable internal import Telemetry

@Suite struct RarePagesTests {
  @Test(arguments: [
    ("55d0a000-55d0b000 r-xp 00001000 fe:00 77 /usr/bin/headstart\n", 0x55d0_a000..<0x55d0_b000),
    ("7f00-7fff r-xp 00000000 00:1b 9    /a path/with blanks.so\n", 0x7f00..<0x7fff),
  ])
  func `code of a file is given back`(line: String, range: Range<UInt>) {
    #expect(RarePages.codeRange(ofMapping: Array(line.utf8)) == range)
  }

  @Test(
    arguments: [
      "55d0a000-55d0b000 r--p 00001000 fe:00 77 /usr/bin/headstart\n",
      "55d0a000-55d0b000 rw-p 00001000 fe:00 77 /usr/bin/headstart\n",
      "55d0a000-55d0b000 rwxp 00001000 fe:00 77 /usr/bin/headstart\n",
      "55d0a000-55d0b000 r-xs 00001000 fe:00 77 /usr/bin/headstart\n",
      "55d0a000-55d0b000 r-xp 00000000 00:00 0 \n",
      "7ffd0000-7ffd2000 r-xp 00000000 00:00 0                          [vdso]\n",
      "55d0b000-55d0a000 r-xp 00001000 fe:00 77 /usr/bin/headstart\n",
      "zz-yy r-xp 00001000 fe:00 77 /usr/bin/headstart\n", "55d0a000 r-xp 0 0 0 /a\n", "\n", "",
    ])
  func `what may have been written, or is no file, stays`(line: String) {
    #expect(RarePages.codeRange(ofMapping: Array(line.utf8)) == nil)
  }

  @Test func `a process goes on after it`() {
    let numbers = (0..<1000).map { $0 * 3 }
    RarePages.giveBack()
    #expect(numbers.reduce(0, +) == 1_498_500)
  }
}

internal import GRPCWire
internal import Time

extension ConnectionLimits {
  init(_ settings: Settings) throws(UsageError) {
    self.init()
    if let setting = settings[.maxConnections] {
      connections = try setting.number(in: 1...Self.maxConnections)
    }
    if let setting = settings[.handshakeTimeout] {
      handshake = try setting.duration(atLeast: .milliseconds(100))
    }
    if let setting = settings[.maxConnectionAge] { age = try setting.durationOrNever() }
    if let setting = settings[.maxConnectionAgeGrace] {
      ageGrace = try setting.duration(atLeast: .zero)
    }
    if let setting = settings[.maxConnectionIdle] { idle = try setting.durationOrNever() }
    if let setting = settings[.stallTimeout] { stall = try setting.durationOrNever() }
    if let setting = settings[.maxHeaderListSize] {
      headerList = try setting.number(in: Self.headerListSizes)
    }
    if let setting = settings[.maxMessageSize] {
      message = try setting.number(in: Self.messageSizes)
    }
    try readFloodLimits(settings)
  }

  private mutating func readFloodLimits(_ settings: Settings) throws(UsageError) {
    if let setting = settings[.requestTimeout] { request = try setting.durationOrNever() }
    if let setting = settings[.maxConcurrentStreams] {
      let count = try setting.number(in: 0...Self.maxConnections)
      concurrentStreams = count == 0 ? nil : count
    }
    if let setting = settings[.maxConnectionMemory] {
      memory = try setting.number(in: Self.memorySizes)
    }
    if let setting = settings[.maxCallMemory] {
      callMemory = try setting.number(in: Self.callMemorySizes)
    }
    if let setting = settings[.maxOutboundBuffer] {
      outbound = try setting.number(in: Self.outboundSizes)
    }
    if let setting = settings[.maxResetRate] { resets = try setting.number(in: Self.rates) }
    if let setting = settings[.maxControlFrameRate] {
      controlFrames = try setting.number(in: Self.rates)
    }
    if let setting = settings[.maxPendingAcks] {
      pendingAcks = try setting.number(in: Self.rates)
    }
    if let setting = settings[.maxContinuations] {
      continuations = try setting.number(in: Self.continuationCounts)
    }
  }
}

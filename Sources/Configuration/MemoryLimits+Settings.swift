internal import GRPCWire
internal import Scaling

extension MemoryLimits {
  init(_ settings: Settings) throws(UsageError) {
    self.init()
    if let setting = settings[.maxImplied] {
      implied = try setting.number(in: ConnectionLimits.memorySizes)
    }
    if let setting = settings[.maxHistory] {
      history = try setting.number(in: ConnectionLimits.memorySizes)
    }
  }
}

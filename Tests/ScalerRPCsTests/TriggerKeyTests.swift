internal import DecisionEngine
internal import ScalerMessages
internal import Testing

struct TriggerKeyTests {
  @Test func `Every key that the engine knows reaches it, and so does every mistake`() {
    for key in TriggerMetadata.keys + TriggerMetadata.mistakes.keys {
      #expect(TriggerKey.isRead(key), "\(key)")
      #expect(TriggerKey.isRead(key.uppercased()), "\(key)")
    }
    for key in ["scalerAddress", "enableTLS", "authModes", "timeout", "", "x"] {
      #expect(!TriggerKey.isRead(key), "\(key)")
    }
  }
}

internal import COpenSSL

/// Digests and signatures of OpenSSL's, for what proves to others who we are.
package enum Digest {
  package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    bytes.withUnsafeBytes { _ = copenssl_sha256($0.baseAddress, $0.count, &digest) }
    return digest
  }

  package static func hmacSHA256(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    key.withUnsafeBytes { key in
      bytes.withUnsafeBytes {
        _ = copenssl_hmac_sha256(key.baseAddress, key.count, $0.baseAddress, $0.count, &digest)
      }
    }
    return digest
  }

  /// An RSA signature with SHA-256, as JSON Web Tokens have it (RS256).
  ///
  /// - Parameter key: PEM, without a passphrase.
  /// - Returns: nil for a key that cannot be read, or is not RSA.
  package static func rs256(_ bytes: [UInt8], key: [UInt8]) -> [UInt8]? {
    // Keys of 16,384 bits.
    var signature = [UInt8](repeating: 0, count: 2048)
    let room = signature.count
    let length = key.withUnsafeBytes { key in
      bytes.withUnsafeBytes {
        copenssl_sign_rs256(
          key.baseAddress, Int32(clamping: key.count), $0.baseAddress, $0.count, &signature, room)
      }
    }
    return length > 0 ? Array(signature[..<length]) : nil
  }

  /// In small letters.
  package static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

/// 64 random bits as up to 13 digits and small letters: nobody else names anything so.
public func makeUniqueName() -> String {
  String(UInt64.random(in: .min ... .max), radix: 36)
}

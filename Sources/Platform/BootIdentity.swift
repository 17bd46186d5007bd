/// What tells one start of this machine from all others: times of the monotonic clock mean something
/// only together with it.
public enum BootIdentity {
  /// /proc/sys/kernel/random/boot_id, a UUID, without its dashes; empty where there is none.
  public static var bytes: [UInt8] {
    let file = try? SmallFile(reading: "/proc/sys/kernel/random/boot_id", limit: 64)
    return (file?.bytes ?? []).filter { $0 > 0x20 && $0 != UInt8(ascii: "-") }
  }
}

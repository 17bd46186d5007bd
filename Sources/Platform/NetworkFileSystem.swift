import CPosix

extension FileSystem {
  /// The kind of the network file system that a path is on (statfs(2)); nil for a local one.
  ///
  /// FUSE is taken for local: containers keep their own layers on it.
  public static func networkFileSystem(of path: String) -> String? {
    switch UInt32(truncatingIfNeeded: nb_file_system_type(path)) {
    case 0x6969: "NFS"
    case 0x517B, 0xFF53_4D42, 0xFE53_4D42: "SMB"
    case 0x0102_1997: "9P"
    case 0x00C3_6400: "Ceph"
    case 0x5346_414F, 0x6B41_4653: "AFS"
    case 0x7375_7245: "Coda"
    case 0x0BD0_0BD0: "Lustre"
    default: nil
    }
  }
}

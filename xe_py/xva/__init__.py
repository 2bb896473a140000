"""VM archives (XVA): the format of files that hold a VM with its disks, as streams in constant memory."""

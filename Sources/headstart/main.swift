internal import Glibc

StandardDescriptors.openMissing()
exit(Command.main())

#define _GNU_SOURCE
#include "CUV.h"

#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

void cuv_set_thread_name(const char *name) { pthread_setname_np(pthread_self(), name); }

int cuv_accept(int listener) {
  return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int cuv_event(void) {
  const int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return event < 0 ? uv_translate_sys_error(errno) : event;
}

// Fails when it is set some 2^64 times, and is readable then.
void cuv_event_set(int event) { eventfd_write(event, 1); }

void cuv_event_clear(int event) {
  eventfd_t count;
  eventfd_read(event, &count);
}

// The linker's lock is held meanwhile. What a library's relocation writes, which includes what is
// read-only afterwards (RELRO), lies in writable segments; text relocations are the exception, and an
// object that has them is left alone.
static int give_back_object(struct dl_phdr_info *object, size_t size, void *context) {
  (void)size;
  const uintptr_t page = *(const uintptr_t *)context;
  for (int index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *header = &object->dlpi_phdr[index];
    if (header->p_type != PT_DYNAMIC) continue;
    const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(object->dlpi_addr + header->p_vaddr);
    for (; entry->d_tag != DT_NULL; entry++)
      if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && entry->d_un.d_val & DF_TEXTREL))
        return 0;
  }
  for (int index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *header = &object->dlpi_phdr[index];
    if (header->p_type != PT_LOAD || header->p_flags & PF_W) continue;
    // Whole pages of this segment: a page at its edge may be mapped for the next one as well, but at
    // another address.
    const uintptr_t start = (object->dlpi_addr + header->p_vaddr) & ~(page - 1);
    const uintptr_t end =
        (object->dlpi_addr + header->p_vaddr + header->p_filesz + page - 1) & ~(page - 1);
    // Refused for locked pages, which then stay.
    madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 0;
}

void cuv_give_back_file_pages(void) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  dl_iterate_phdr(give_back_object, &page);
}

/* The files of a simulated disk, for its SQLite side (disk_vfs.c). */
#ifndef TESTS_MODEL_DISK_INTERNAL_H
#define TESTS_MODEL_DISK_INTERNAL_H

#include "model/disk.h"

/* NULL: none of that name. */
disk_file *disk_find(disk *self, const char *name);

/* Makes it if it is not there; NULL: the disk has no place for more files. */
disk_file *disk_make(disk *self, const char *name);

void disk_file_write(disk_file *file, size_t offset, const void *bytes, size_t size);
void disk_file_truncate(disk_file *file, size_t size);
void disk_file_sync(disk_file *file);
void disk_file_delete(disk_file *file);

void disk_drop_regions(disk_file *file);

#endif

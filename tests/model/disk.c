/* Owns the files of the simulated disk and what a power cut leaves of them. Memory is taken without
 * a way back: a simulation that lacks it ends. */
#include "model/disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/disk_internal.h"

enum { SECTOR = 512 };

static void *need(void *block) {
    if (block == NULL) {
        perror("the simulated disk");
        exit(2);
    }
    return block;
}

static void reserve(disk_bytes *bytes, size_t capacity) {
    if (capacity > bytes->capacity) {
        bytes->capacity = capacity * 2;
        bytes->data = need(realloc(bytes->data, bytes->capacity));
    }
}

static void put(disk_bytes *bytes, size_t offset, const void *from, size_t size) {
    reserve(bytes, offset + size);
    if (offset > bytes->size) {
        memset(bytes->data + bytes->size, 0, offset - bytes->size);
    }
    memcpy(bytes->data + offset, from, size);
    bytes->size = offset + size > bytes->size ? offset + size : bytes->size;
}

static void copy(disk_bytes *to, const disk_bytes *from) {
    to->size = 0;
    if (from->size > 0) {
        put(to, 0, from->data, from->size);
    }
}

static void note(disk_file *file, disk_write write) {
    if (file->write_count == file->write_capacity) {
        file->write_capacity = file->write_capacity * 2 + 16;
        file->writes = need(realloc(file->writes, file->write_capacity * sizeof(*file->writes)));
    }
    file->writes[file->write_count++] = write;
}

void disk_file_write(disk_file *file, size_t offset, const void *bytes, size_t size) {
    note(file, (disk_write){offset, size, file->unsynced.size, false});
    put(&file->unsynced, file->unsynced.size, bytes, size);
    put(&file->bytes, offset, bytes, size);
}

static void truncate_to(disk_bytes *bytes, size_t size) {
    bytes->size = size < bytes->size ? size : bytes->size;
}

void disk_file_truncate(disk_file *file, size_t size) {
    note(file, (disk_write){size, 0, 0, true});
    truncate_to(&file->bytes, size);
}

static void apply(disk_file *file, const disk_write *write, size_t size) {
    if (write->truncates) {
        truncate_to(&file->durable, write->offset);
    } else if (size > 0) {
        put(&file->durable, write->offset, file->unsynced.data + write->at, size);
    }
}

static void forget_writes(disk_file *file) {
    file->write_count = 0;
    file->unsynced.size = 0;
}

void disk_file_sync(disk_file *file) {
    for (size_t i = 0; i < file->write_count; i++) {
        apply(file, &file->writes[i], file->writes[i].size);
    }
    forget_writes(file);
}

void disk_file_delete(disk_file *file) {
    forget_writes(file);
    file->bytes.size = 0;
    file->durable.size = 0;
    file->is_there = false;
}

disk_file *disk_find(disk *self, const char *name) {
    for (int i = 0; i < DISK_FILES; i++) {
        if (strcmp(self->files[i].name, name) == 0) {
            return &self->files[i];
        }
    }
    return NULL;
}

disk_file *disk_make(disk *self, const char *name) {
    disk_file *file = disk_find(self, name);
    if (file == NULL) {
        file = disk_find(self, "");
        if (file != NULL) {
            (void)snprintf(file->name, sizeof(file->name), "%s", name);
        }
    }
    if (file != NULL) {
        file->is_there = true;
    }
    return file;
}

void disk_drop_regions(disk_file *file) {
    for (int i = 0; i < DISK_REGIONS; i++) {
        free(file->regions[i]);
        file->regions[i] = NULL;
    }
}

/* ---- as a whole ---- */

void disk_wipe(disk *self) {
    for (int i = 0; i < DISK_FILES; i++) {
        disk_file *file = &self->files[i];
        disk_drop_regions(file);
        free(file->bytes.data);
        free(file->durable.data);
        free(file->unsynced.data);
        free(file->writes);
        *file = (disk_file){.is_there = false};
    }
}

/* Each write since the last sync has come through, or not, or in part. */
void disk_cut(disk *self, chance *random) {
    for (int i = 0; i < DISK_FILES; i++) {
        disk_file *file = &self->files[i];
        for (size_t k = 0; k < file->write_count; k++) {
            const disk_write *write = &file->writes[k];
            int64_t fate = chance_draw(random, 4);
            size_t part = write->size / SECTOR / 2 * SECTOR;
            if (fate >= 2) {
                apply(file, write, fate == 2 ? write->size : part);
            }
        }
        forget_writes(file);
        copy(&file->bytes, &file->durable);
        disk_drop_regions(file);
    }
}

void disk_copy(disk *self, const disk *image) {
    for (int i = 0; i < DISK_FILES; i++) {
        const disk_file *from = &image->files[i];
        disk_file *to = &self->files[i];
        forget_writes(to);
        disk_drop_regions(to);
        memcpy(to->name, from->name, sizeof(to->name));
        to->is_there = from->is_there;
        copy(&to->bytes, &from->bytes);
        copy(&to->durable, &from->bytes);
    }
}

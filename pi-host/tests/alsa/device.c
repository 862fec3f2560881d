/*
 * A capture device that does what a test says, as a plugin of alsa-lib.
 *
 * The test steers it through files in the folder `dir` of its configuration:
 *   present   the device is plugged in (else opening gives ENODEV)
 *   clock     its size is the device's time, in frames: the test moves time by growing the file
 *   fault     one word, looked at on every call:
 *             gone     the state becomes DISCONNECTED once what is there has been looked at
 *             eio      every transfer fails; `dead` also fails every prepare
 *             suspend  the state becomes SUSPENDED; a resume is answered by alsa-lib itself, with success
 *             busy, denied   what opening answers
 *
 * As with a real card, a reader that is later than the buffer is long gets EPIPE.
 * The left sample of frame n of the clock is n modulo 32768, the right one its complement, so that a
 * reader can tell which frames it got.
 */
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

struct device {
	snd_pcm_ioplug_t io;
	char dir[4000];
	long long begin; /* the clock when the stream was started */
	long long taken; /* frames handed out since */
	long long there; /* frames captured since, as of the last look */
	snd_pcm_uframes_t wake; /* so many waiting frames wake a reader */
};

static int path_of(const struct device *device, const char *name, char *path, size_t size)
{
	return snprintf(path, size, "%s/%s", device->dir, name) < (int)size;
}

static long long now(const struct device *device)
{
	char path[4096];
	struct stat info;
	if (!path_of(device, "clock", path, sizeof path) || stat(path, &info) < 0)
		return 0;
	return info.st_size;
}

static int fault_is(const struct device *device, const char *word)
{
	char path[4096], text[32] = "";
	FILE *file;
	if (!path_of(device, "fault", path, sizeof path) || !(file = fopen(path, "r")))
		return 0;
	if (!fgets(text, sizeof text, file))
		text[0] = 0;
	fclose(file);
	return strcmp(text, word) == 0;
}

static int is_present(const struct device *device)
{
	char path[4096];
	return path_of(device, "present", path, sizeof path) && access(path, F_OK) == 0;
}

static int device_prepare(snd_pcm_ioplug_t *io)
{
	struct device *device = io->private_data;
	if (fault_is(device, "dead"))
		return -EIO;
	device->taken = device->there = 0;
	return 0;
}

static int device_start(snd_pcm_ioplug_t *io)
{
	struct device *device = io->private_data;
	device->begin = now(device);
	return 0;
}

static int device_stop(snd_pcm_ioplug_t *io)
{
	(void)io;
	return 0;
}

static snd_pcm_sframes_t device_pointer(snd_pcm_ioplug_t *io)
{
	struct device *device = io->private_data;
	if (fault_is(device, "suspend")) {
		snd_pcm_ioplug_set_state(io, SND_PCM_STATE_SUSPENDED);
		return device->there;
	}
	device->there = now(device) - device->begin;
	if (fault_is(device, "gone"))
		snd_pcm_ioplug_set_state(io, SND_PCM_STATE_DISCONNECTED);
	if (device->there - device->taken >= (long long)io->buffer_size)
		return -EPIPE;
	return device->there;
}

static snd_pcm_sframes_t device_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas,
					 snd_pcm_uframes_t offset, snd_pcm_uframes_t size)
{
	struct device *device = io->private_data;
	if (fault_is(device, "eio") || fault_is(device, "dead"))
		return -EIO;
	for (snd_pcm_uframes_t frame = 0; frame < size; frame++) {
		short left = (short)((device->begin + device->taken + (long long)frame) & 0x7fff);
		for (unsigned channel = 0; channel < io->channels; channel++) {
			char *place = (char *)areas[channel].addr +
				      (areas[channel].first + areas[channel].step * (offset + frame)) / 8;
			short sample = channel == 0 ? left : (short)~left;
			memcpy(place, &sample, sizeof sample);
		}
	}
	device->taken += size;
	return size;
}

static int device_sw_params(snd_pcm_ioplug_t *io, snd_pcm_sw_params_t *params)
{
	struct device *device = io->private_data;
	return snd_pcm_sw_params_get_avail_min(params, &device->wake);
}

/* Readable when there is enough to read, or news of another kind. */
static int device_poll_descriptors(snd_pcm_ioplug_t *io, struct pollfd *pfd, unsigned int space)
{
	struct device *device = io->private_data;
	long long waiting = now(device) - device->begin - device->taken;
	int news = fault_is(device, "gone") || fault_is(device, "suspend");
	eventfd_t ignored;
	if (space < 1)
		return -EINVAL;
	eventfd_read(io->poll_fd, &ignored);
	if (news || io->state != SND_PCM_STATE_RUNNING || waiting >= (long long)device->wake)
		eventfd_write(io->poll_fd, 1);
	pfd->fd = io->poll_fd;
	pfd->events = POLLIN;
	pfd->revents = 0;
	return 1;
}

static int device_close(snd_pcm_ioplug_t *io)
{
	struct device *device = io->private_data;
	close(io->poll_fd);
	free(device);
	return 0;
}

static const snd_pcm_ioplug_callback_t calls = {
	.prepare = device_prepare,
	.start = device_start,
	.stop = device_stop,
	.sw_params = device_sw_params,
	.pointer = device_pointer,
	.transfer = device_transfer,
	.poll_descriptors = device_poll_descriptors,
	.close = device_close,
};

/* Up to 8 whole numbers out of a list in the configuration. */
static unsigned numbers(snd_config_t *list, unsigned *values)
{
	unsigned count = 0;
	snd_config_iterator_t place, next;
	snd_config_for_each(place, next, list) {
		long value;
		if (count < 8 && snd_config_get_integer(snd_config_iterator_entry(place), &value) >= 0)
			values[count++] = (unsigned)value;
	}
	return count;
}

SND_PCM_PLUGIN_DEFINE_FUNC(scripted)
{
	static const unsigned accesses[] = { SND_PCM_ACCESS_RW_INTERLEAVED };
	unsigned formats[8] = { SND_PCM_FORMAT_S16_LE }, rates[8] = { 32000 }, channels[8] = { 2 };
	unsigned format_count = 1, rate_count = 1, channel_count = 1;
	long buffer_bytes_max = 1 << 20;
	struct device *device = calloc(1, sizeof *device);
	snd_config_iterator_t place, next;
	int error;
	(void)root;
	if (!device)
		return -ENOMEM;
	snd_config_for_each(place, next, conf) {
		snd_config_t *entry = snd_config_iterator_entry(place);
		const char *id, *text;
		if (snd_config_get_id(entry, &id) < 0)
			continue;
		if (!strcmp(id, "dir") && snd_config_get_string(entry, &text) >= 0)
			snprintf(device->dir, sizeof device->dir, "%s", text);
		else if (!strcmp(id, "formats"))
			format_count = numbers(entry, formats);
		else if (!strcmp(id, "rates"))
			rate_count = numbers(entry, rates);
		else if (!strcmp(id, "channels"))
			channel_count = numbers(entry, channels);
		else if (!strcmp(id, "buffer_bytes_max"))
			snd_config_get_integer(entry, &buffer_bytes_max);
	}
	error = !is_present(device)           ? -ENODEV
		: fault_is(device, "busy")   ? -EBUSY
		: fault_is(device, "denied") ? -EACCES
					      : 0;
	if (error < 0) {
		free(device);
		return error;
	}
	device->io.version = SND_PCM_IOPLUG_VERSION;
	device->io.name = "a device that a test steers";
	device->io.flags = SND_PCM_IOPLUG_FLAG_BOUNDARY_WA;
	device->io.callback = &calls;
	device->io.private_data = device;
	device->io.poll_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	device->io.poll_events = POLLIN;
	error = snd_pcm_ioplug_create(&device->io, name, stream, mode);
	if (error < 0) {
		close(device->io.poll_fd);
		free(device);
		return error;
	}
	snd_pcm_ioplug_set_param_list(&device->io, SND_PCM_IOPLUG_HW_ACCESS, 1, accesses);
	snd_pcm_ioplug_set_param_list(&device->io, SND_PCM_IOPLUG_HW_FORMAT, format_count, formats);
	snd_pcm_ioplug_set_param_list(&device->io, SND_PCM_IOPLUG_HW_RATE, rate_count, rates);
	snd_pcm_ioplug_set_param_list(&device->io, SND_PCM_IOPLUG_HW_CHANNELS, channel_count, channels);
	snd_pcm_ioplug_set_param_minmax(&device->io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 64, (unsigned)buffer_bytes_max);
	*pcmp = device->io.pcm;
	return 0;
}
SND_PCM_PLUGIN_SYMBOL(scripted);

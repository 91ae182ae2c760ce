# regress/audio: the instruments for sound; they link no code of the client.

check_PROGRAMS += regress/audio/cmp regress/audio/gap \
	regress/audio/source regress/audio/opuspass

AUDIO_CPPFLAGS = $(AM_CPPFLAGS) $(SNDFILE_CFLAGS) $(SAMPLERATE_CFLAGS) \
	$(OPUS_CFLAGS)
AUDIO_LIBS = $(SNDFILE_LIBS) $(SAMPLERATE_LIBS) $(BSD_LIBS) -lm

regress_audio_cmp_SOURCES = regress/audio/cmp.c regress/audio/sound.c \
	regress/audio/sound.h
regress_audio_cmp_CPPFLAGS = $(AUDIO_CPPFLAGS)
regress_audio_cmp_LDADD = $(AUDIO_LIBS)

regress_audio_gap_SOURCES = regress/audio/gap.c regress/audio/sound.c \
	regress/audio/sound.h
regress_audio_gap_CPPFLAGS = $(AUDIO_CPPFLAGS)
regress_audio_gap_LDADD = $(AUDIO_LIBS)

regress_audio_source_SOURCES = regress/audio/source.c \
	regress/audio/sound.c regress/audio/sound.h
regress_audio_source_CPPFLAGS = $(AUDIO_CPPFLAGS)
regress_audio_source_LDADD = $(AUDIO_LIBS)

regress_audio_opuspass_SOURCES = regress/audio/opuspass.c \
	regress/audio/sound.c regress/audio/sound.h
regress_audio_opuspass_CPPFLAGS = $(AUDIO_CPPFLAGS)
regress_audio_opuspass_LDADD = $(OPUS_LIBS) $(AUDIO_LIBS)

EXTRA_DIST += regress/audio/instruments.sh regress/audio/speech/README \
	regress/audio/speech/make-speech.sh \
	regress/audio/speech/a1.flac regress/audio/speech/a2.flac \
	regress/audio/speech/a3.flac regress/audio/speech/a4.flac \
	regress/audio/speech/b1.flac regress/audio/speech/b2.flac \
	regress/audio/speech/b3.flac regress/audio/speech/b4.flac
LINT_SH += regress/audio/instruments.sh regress/audio/speech/make-speech.sh
EXTRA_DIST += regress/demo
LINT_SH += regress/demo/demo regress/demo/demo-federation

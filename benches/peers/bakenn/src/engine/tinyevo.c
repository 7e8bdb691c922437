/* tinyevo's C header of the champion. */
#include "digits.h"

int peer_classify(const uint8_t *image) { return digits_classify(image); }

/* For this machine: model.py has the scale of BakeNN's logits from them. */
void peer_logits(const uint8_t *image, int32_t *logits) { digits_logits(image, logits); }

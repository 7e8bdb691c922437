/* What BakeNN makes of the champion. */
#include "bknn_digits.h"

int peer_classify(const int8_t *image) {
  static _Alignas(BKNN_DIGITS_ARENA_ALIGNMENT) uint8_t arena[BKNN_DIGITS_ARENA_SIZE];
  int8_t logits[BKNN_DIGITS_OUTPUT_SIZE];
  int best = 0;
  bknn_digits_infer(arena, image, logits);
  for (int class = 1; class < (int)BKNN_DIGITS_OUTPUT_SIZE; class++)
    if (logits[class] > logits[best]) best = class;
  return best;
}

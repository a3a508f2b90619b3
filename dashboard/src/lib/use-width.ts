import { onBeforeUnmount, onMounted, ref, type Ref, type ShallowRef } from 'vue';

/** Width of an element in whole pixels, kept current: a plot is drawn in pixels, so that its text keeps its size. */
export function useWidth(place: Readonly<ShallowRef<HTMLElement | null>>): Readonly<Ref<number>> {
  const width = ref(0);
  const observer = new ResizeObserver(([entry]) => {
    width.value = Math.floor(entry?.contentRect.width ?? 0);
  });
  onMounted(() => place.value && observer.observe(place.value));
  onBeforeUnmount(() => observer.disconnect());
  return width;
}

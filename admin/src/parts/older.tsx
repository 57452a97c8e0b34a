import { Button } from './button.tsx';

/** The way to what came before. */
export function Older(props: {
  of: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}) {
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = props.of;
  if (!hasNextPage) return null;
  return (
    <div className="foot">
      <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        Older ones
      </Button>
    </div>
  );
}

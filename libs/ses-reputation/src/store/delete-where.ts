import type { DeleteResult, EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';

/**
 * Deletes by a condition on columns that have a transformer, such as times. TypeORM 0.3 hands the value of an
 * operator (`LessThan`, `In`) in `delete` to the driver untransformed: here all values are as they are stored.
 */
export function deleteWhere<T extends ObjectLiteral>(
  tx: EntityManager,
  entity: EntityTarget<T>,
  condition: (column: (property: keyof T & string) => string) => string,
  stored: Record<string, string | number | readonly (string | number)[]>,
): Promise<DeleteResult> {
  const { driver } = tx.connection;
  const metadata = tx.connection.getMetadata(entity);
  const column = (property: string) =>
    driver.escape(metadata.findColumnWithPropertyName(property)!.databaseName);
  return tx.createQueryBuilder().delete().from(entity).where(condition(column), stored).execute();
}
